//! One request in; a status, headers and a byte stream out.

use std::{collections::BTreeMap, error::Error, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, future::BoxFuture, stream::BoxStream};

/// The methods the protocol uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Writes.
    Post,
    /// Sets.
    Put,
}

/// A request, as it leaves.
#[derive(Debug, Clone)]
pub struct Request {
    /// How.
    pub method: Method,
    /// From the root, with the query: `/v1/contact`.
    pub path: String,
    /// Lower-case names.
    pub headers: Vec<(&'static str, String)>,
    /// Absent for reads.
    pub body: Option<Bytes>,
}

/// An answer, as it arrives; the body may still be on its way.
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Lower-case names.
    pub headers: BTreeMap<String, String>,
    /// Chunks in order; an error ends it.
    pub body: BoxStream<'static, Result<Bytes, NetError>>,
}

/// Why there is no answer, or only a part of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// The name has no address; without any network no name has.
    #[error("no address: {0}")]
    Dns(String),
    /// Nothing answers at the address.
    #[error("no connection: {0}")]
    NoRoute(String),
    /// The server is not who it should be.
    #[error("no trusted connection: {0}")]
    Tls(String),
    /// Nothing came for too long.
    #[error("no answer in time")]
    Timeout,
    /// The connection ended in the middle.
    #[error("the connection was cut: {0}")]
    Cut(String),
}

/// Carries requests. Errors are of the network only: any status is an answer.
pub trait Transport: Send + Sync {
    /// Sends one request.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>>;
}

/// HTTP over reqwest and rustls.
pub struct HttpTransport {
    http: reqwest::Client,
    base: String,
}

/// No byte for this long means the line is dead; a slow line still trickles.
const SILENCE: Duration = Duration::from_secs(30);
/// Who has not begun to answer a small request by then is not there: a cashier is told within ten seconds.
const PATIENCE: Duration = Duration::from_secs(8);
/// What even a line of 2 kB/s carries long before.
const SMALL_BYTES: usize = 4 << 10;

impl HttpTransport {
    /// A transport to `base`, such as `https://office.example`.
    ///
    /// # Errors
    /// [`NetError::NoRoute`] if the address is none, [`NetError::Tls`] if TLS cannot be set up.
    pub fn new(base: &str) -> Result<HttpTransport, NetError> {
        let base = base.trim_end_matches('/').to_string();
        let url =
            reqwest::Url::parse(&base).map_err(|error| NetError::NoRoute(format!("{base}: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NetError::NoRoute(format!("{base}: only http and https are spoken")));
        }
        // Whoever comes second finds the provider set already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder()
            .connect_timeout(PATIENCE)
            .read_timeout(SILENCE)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()
            .map_err(|error| NetError::Tls(error.to_string()))?;
        Ok(HttpTransport { http, base })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        Box::pin(async move {
            let method = match request.method {
                Method::Get => reqwest::Method::GET,
                Method::Post => reqwest::Method::POST,
                Method::Put => reqwest::Method::PUT,
            };
            let mut http = self.http.request(method, format!("{}{}", self.base, request.path));
            for (name, value) in request.headers {
                http = http.header(name, value);
            }
            let is_small = request.body.as_ref().is_none_or(|body| body.len() <= SMALL_BYTES);
            if let Some(body) = request.body {
                http = http.body(body);
            }
            let answer = if is_small {
                tokio::time::timeout(PATIENCE, http.send()).await.map_err(|_| NetError::Timeout)?
            } else {
                http.send().await
            };
            let answer = answer.map_err(net_error)?;
            let headers = answer.headers().iter().filter_map(|(name, value)| {
                Some((name.as_str().to_string(), value.to_str().ok()?.to_string()))
            });
            Ok(Response {
                status: answer.status().as_u16(),
                headers: headers.collect(),
                body: answer.bytes_stream().map(|chunk| chunk.map_err(net_error)).boxed(),
            })
        })
    }
}

fn net_error(error: reqwest::Error) -> NetError {
    let causes: Vec<&(dyn Error + 'static)> =
        std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source()).collect();
    let mut text = error.to_string();
    for cause in &causes {
        text = format!("{text}: {cause}");
    }
    // Only hyper's own type says that a look-up failed, and it is not to be had: its words are.
    let is_of_name = || causes.iter().any(|cause| cause.to_string().starts_with("dns error"));
    if error.is_timeout() {
        NetError::Timeout
    } else if causes.iter().any(|cause| is_of_tls(*cause)) {
        NetError::Tls(text)
    } else if error.is_connect() && is_of_name() {
        NetError::Dns(text)
    } else if error.is_connect() || error.is_builder() {
        NetError::NoRoute(text)
    } else {
        NetError::Cut(text)
    }
}

/// TLS errors travel inside errors of the socket.
fn is_of_tls(cause: &(dyn Error + 'static)) -> bool {
    let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    cause.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>())
}
