//! The connection test: step by step, each with its result and what to do about it.

use tillkit_protocol::{MAJOR, VERSION};
use tillkit_sync::{Client, SyncError};

use crate::{TillError, identity::Device, till::Core};

/// A step of the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The name resolves, something answers, and it is a back office; over TLS a trusted one.
    Reach,
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
            Step::Reach => "reach",
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
        let hint = result.unwrap_or_else(|error| Hint::Bad {
            code: error.code().into(),
            sentence: format!("{error}. {}", what_to_do(step)),
        });
        let goes_on = !matches!(hint, Hint::Bad { .. });
        self.steps.push((step, hint));
        goes_on
    }
}

fn what_to_do(step: Step) -> &'static str {
    match step {
        Step::Reach => {
            "Check the address and the network; open a web page to see whether a sign-in page is in the way."
        }
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
        let client = (self.services.connect)(url)
            .map(|transport| Client::new(transport, self.services.rim.clone(), None))
            .map_err(SyncError::from);
        let hello = match client {
            Ok(client) => client.hello().await.map(|hello| (client, hello)),
            Err(error) => Err(error),
        };
        let (client, hello) = match hello {
            Ok(answered) => answered,
            Err(error @ SyncError::Refused(_)) => {
                test.note(Step::Reach, Ok(Hint::Good(format!("{url} answers"))));
                test.note(Step::Version, Err(error));
                return Ok(test);
            }
            Err(error) => {
                test.note(Step::Reach, Err(error));
                return Ok(test);
            }
        };
        test.note(Step::Reach, Ok(Hint::Good(format!("{url} answers"))));
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
