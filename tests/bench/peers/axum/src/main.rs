//! Axum's hello with one thread, the counterpart of Typhon's GET /native/hello. Argument: the port.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::{routing::get, serve::ListenerExt, Json, Router};
use serde_json::{json, Value};

async fn hello() -> Json<Value> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    Json(json!({"message": "Hello from Rust", "timestamp": now.as_secs()}))
}

fn main() {
    let port = std::env::args().nth(1).expect("usage: axum-hello PORT");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("bind");
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, Router::new().route("/hello", get(hello))).await.expect("serve");
    });
}
