//! The connection test: step by step, each with its result and what to do about it.

use std::net::IpAddr;

use tillkit_protocol::{MAJOR, VERSION};
use tillkit_sync::{Cause, Client, NetError, SyncError};

use crate::{TillError, identity::Device, till::Core};

/// A step of the test, in the order they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The name has an address.
    Resolve,
    /// Something takes connections there.
    Connect,
    /// The connection is encrypted, and the certificate trusted.
    Tls,
    /// What answers is a back office, and no sign-in page.
    Office,
    /// The major versions fit.
    Version,
    /// The clocks agree to within two minutes.
    Clock,
    /// The back office accepts this till.
    Credential,
    /// The chosen centre exists and is published.
    Centre,
}

impl Step {
    /// Stable; shells have titles by it.
    pub fn name(self) -> &'static str {
        match self {
            Step::Resolve => "resolve",
            Step::Connect => "connect",
            Step::Tls => "tls",
            Step::Office => "office",
            Step::Version => "version",
            Step::Clock => "clock",
            Step::Credential => "credential",
            Step::Centre => "centre",
        }
    }
}

/// How a step went; text for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// As it should be; the facts.
    Good(String),
    /// Works, but somebody should look.
    Mind(String),
    /// Does not work; what to do.
    Bad {
        /// Stable; see [`TillError::code`].
        code: String,
        /// What happened, and what to do about it.
        sentence: String,
    },
}

/// The steps that were tried, in order; the first bad one is the last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionTest {
    /// Each with how it went.
    pub steps: Vec<(Step, Hint)>,
}

impl ConnectionTest {
    /// Whether no step was bad.
    pub fn is_good(&self) -> bool {
        !self.steps.iter().any(|(_, hint)| matches!(hint, Hint::Bad { .. }))
    }

    fn note(&mut self, step: Step, result: Result<Hint, SyncError>) -> bool {
        let hint = result.unwrap_or_else(|error| bad(step, error.code(), &error.to_string()));
        let goes_on = !matches!(hint, Hint::Bad { .. });
        self.steps.push((step, hint));
        goes_on
    }

    /// How far a first request came: to an address, to a connection, to a trusted one.
    fn note_line(&mut self, url: &str, knocked: Result<(), NetError>) {
        let place = Place::of(url);
        let (failed, code, why) = match knocked {
            Ok(()) => (None, "", String::new()),
            Err(error @ NetError::Dns(_)) => (Some(Step::Resolve), "no-address", error.to_string()),
            Err(error @ NetError::Tls(_)) => (Some(Step::Tls), "untrusted", error.to_string()),
            Err(error @ NetError::Cut(_)) => (Some(Step::Office), "no-route", error.to_string()),
            Err(error) => (Some(Step::Connect), "no-route", error.to_string()),
        };
        let reached = [
            (Step::Resolve, place.resolved()),
            (Step::Connect, Hint::Good(format!("{} takes connections", place.host))),
            (Step::Tls, place.encrypted()),
        ];
        self.steps.extend(reached.into_iter().take_while(|(step, _)| Some(*step) != failed));
        self.steps.extend(failed.map(|step| (step, bad(step, code, &why))));
    }
}

fn bad(step: Step, code: &str, why: &str) -> Hint {
    Hint::Bad { code: code.into(), sentence: format!("{why}. {}", what_to_do(step)) }
}

/// What an address says by itself.
struct Place<'a> {
    host: &'a str,
    is_encrypted: bool,
}

impl Place<'_> {
    fn of(url: &str) -> Place<'_> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let authority = authority.rsplit_once('@').map_or(authority, |(_, authority)| authority);
        let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, _)) => host,
            None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
        };
        Place { host, is_encrypted: scheme.eq_ignore_ascii_case("https") }
    }

    fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    fn resolved(&self) -> Hint {
        Hint::Good(match self.address() {
            Some(address) => format!("{address} is an address already"),
            None => format!("{} has an address", self.host),
        })
    }

    fn encrypted(&self) -> Hint {
        let is_here = self.address().map_or(self.host == "localhost", |address| address.is_loopback());
        match (self.is_encrypted, is_here) {
            (true, _) => Hint::Good("encrypted, and the certificate is trusted".into()),
            (false, true) => Hint::Good("not encrypted, and it does not leave this device".into()),
            (false, false) => Hint::Mind(format!("not encrypted. {}", what_to_do(Step::Tls))),
        }
    }
}

fn what_to_do(step: Step) -> &'static str {
    match step {
        Step::Resolve => "Check the address for a slip, and whether the phone has a network.",
        Step::Connect => {
            "Check the port of the address, and whether the back office runs and a firewall lets it answer."
        }
        Step::Tls => {
            "Anybody between could read and alter what is sent: use https with a certificate this phone trusts, and the name the certificate is for."
        }
        Step::Office => "Open a web page to see whether a sign-in page is in the way, and check the address.",
        Step::Version => "Update the app or the back office.",
        Step::Clock => "Set date and time of the phone to automatic.",
        Step::Credential => "Ask for a new pairing code in the back office, under Tills.",
        Step::Centre => "Choose a centre under Settings, or publish one in the back office.",
    }
}

impl Core {
    pub(crate) async fn test_connection(
        &self,
        url: Option<&str>,
        device: Option<&Device>,
    ) -> Result<ConnectionTest, TillError> {
        let mut test = ConnectionTest::default();
        let own_url = device.map(|device| device.enrolment.server_url.as_str());
        let url = url.or(own_url).ok_or(tillkit_store::StoreError::NotEnrolled)?;
        let transport = (self.services.connect)(url);
        let client = transport.map(|transport| Client::new(transport, self.services.rim.clone(), None));
        let client = match client {
            Ok(client) => client,
            Err(error) => {
                test.note_line(url, Err(error));
                return Ok(test);
            }
        };
        let hello = match client.knock().await {
            Ok(hello) => hello,
            Err(error) => {
                test.note_line(url, Err(error));
                return Ok(test);
            }
        };
        test.note_line(url, Ok(()));
        let is_office = || Ok(Hint::Good(format!("{url} is a back office")));
        let hello = match hello {
            Ok(hello) => hello,
            Err(error) if error.cause() == Some(Cause::VersionMismatch) => {
                test.note(Step::Office, is_office());
                test.note(Step::Version, Err(error));
                return Ok(test);
            }
            Err(error) => {
                test.note(Step::Office, Err(error));
                return Ok(test);
            }
        };
        test.note(Step::Office, is_office());
        test.note(Step::Version, Ok(Hint::Good(format!("{MAJOR}.{}, this till {VERSION}", hello.minor))));
        test.note(Step::Clock, Ok(clock(client.offset_ms().unwrap_or(0))));
        let Some(device) = device.filter(|device| device.enrolment.server_url == url.trim_end_matches('/'))
        else {
            return Ok(test);
        };
        let centres = device.client.centres().await;
        let who = format!("till {}, enrolment {}", device.enrolment.till, device.enrolment.enrolment);
        let (credential, centres) = match centres {
            Ok(centres) => (Ok(Hint::Good(who)), centres.centres),
            Err(error) => (Err(error), Vec::new()),
        };
        if !test.note(Step::Credential, credential) {
            return Ok(test);
        }
        let chosen = self.subscription()?;
        let found = centres.iter().find(|centre| Some(&centre.centre) == chosen.as_ref());
        let centre = match found {
            Some(centre) => Ok(Hint::Good(format!("{}, generation {}", centre.name, centre.generation))),
            None => Err(SyncError::NothingPublished {
                why: "the chosen centre is not published, or none is chosen",
            }),
        };
        test.note(Step::Centre, centre);
        Ok(test)
    }
}

fn clock(offset_ms: i64) -> Hint {
    let off_s = offset_ms.saturating_abs() / 1000;
    let side = if offset_ms > 0 { "behind" } else { "ahead of" };
    if off_s <= 120 {
        Hint::Good(format!("{off_s} s {side} the back office"))
    } else {
        Hint::Mind(format!("{off_s} s {side} the back office. {}", what_to_do(Step::Clock)))
    }
}
