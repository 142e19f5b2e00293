//! A server that records every byte it is sent, and answers like STS.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// A running recorder.
pub struct Recorder {
    pub address: String,
    bytes: Arc<Mutex<Vec<Vec<u8>>>>,
}

const LIVE: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Arn>arn:aws:iam::609629065308:user/bob</Arn><UserId>AIDABOB</UserId>\
    <Account>609629065308</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

impl Recorder {
    /// Starts one on a port of the system's choice.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let bytes: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let kept = Arc::clone(&bytes);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let (mut request, mut buffer) = (Vec::new(), [0; 65_536]);
                // The body is one line without an end; it ends with the version.
                while !request.ends_with(b"Version=2011-06-15") {
                    match stream.read(&mut buffer).expect("readable") {
                        0 => break,
                        read => request.extend_from_slice(&buffer[..read]),
                    }
                }
                kept.lock().expect("not poisoned").push(request);
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nx-amzn-RequestId: r\r\nConnection: close\r\n";
                write!(stream, "{head}Content-Length: {}\r\n\r\n{LIVE}", LIVE.len()).expect("writable");
            }
        });
        Self { address, bytes }
    }

    /// What came, request by request.
    pub fn requests(&self) -> Vec<Vec<u8>> {
        self.bytes.lock().expect("not poisoned").clone()
    }
}
