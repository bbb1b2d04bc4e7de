//! The settings screen: who this till is, which centre it belongs to, what was edited on it.

use tillkit_protocol::settings as rows;
use tillkit_store::centre::LocalEdit;

use super::title;
use crate::{Standing, Till, TillError};

/// Everything the settings screen shows without asking the back office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsScreen {
    /// Whether this phone may act as a till.
    pub standing: Standing,
    /// The numbered place of sale.
    pub till: Option<String>,
    /// The till's n-th enrolment.
    pub enrolment: Option<u32>,
    /// What its numbers begin with.
    pub series: Option<String>,
    /// Where the back office answers.
    pub server_url: Option<String>,
    /// The chosen centre.
    pub centre: Option<CentreView>,
    /// Name and version of the app.
    pub app: String,
    /// Settings edited on this till, marked "will be replaced".
    pub edits: Vec<EditView>,
}

/// The chosen centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentreView {
    /// Its id.
    pub centre: String,
    /// Its name, once its settings are here.
    pub name: Option<String>,
    /// The generation of it that is live here; 0 before the first sync.
    pub generation: u64,
}

/// A setting edited on this till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditView {
    /// `item`; its title is under `kind.item`.
    pub kind: String,
    /// Key of the row.
    pub key: String,
    /// What the row is called.
    pub name: String,
    /// Who edited it.
    pub user: String,
    /// When, till clock, Unix milliseconds.
    pub edited_ms: i64,
}

impl From<LocalEdit> for EditView {
    fn from(edit: LocalEdit) -> EditView {
        EditView {
            name: title(&edit.body).unwrap_or_else(|| edit.key.clone()),
            kind: edit.kind,
            key: edit.key,
            user: edit.user,
            edited_ms: edit.edited_ms,
        }
    }
}

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChoice {
    /// Key of the user.
    pub user: String,
    /// As shown.
    pub name: String,
}

impl Till {
    /// The settings screen, now.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn settings_screen(&self) -> Result<SettingsScreen, TillError> {
        let core = &self.0;
        let device = core.device().ok();
        let enrolment = device.as_ref().map(|device| &device.enrolment);
        let view = core.store.centre.view()?;
        let centre = match core.subscription()? {
            Some(centre) => {
                let setting: Option<rows::Centre> = view.read("centre", &centre)?;
                let generation = view.generations().get("centre").copied().filter(|_| setting.is_some());
                Some(CentreView {
                    name: setting.map(|setting| setting.name),
                    generation: generation.unwrap_or(0),
                    centre,
                })
            }
            None => None,
        };
        drop(view);
        Ok(SettingsScreen {
            standing: self.standing(),
            till: enrolment.map(|enrolment| enrolment.till.clone()),
            enrolment: enrolment.map(|enrolment| enrolment.enrolment),
            series: enrolment.map(|enrolment| enrolment.series.clone()),
            server_url: enrolment.map(|enrolment| enrolment.server_url.clone()),
            centre,
            app: core.services.app.clone(),
            edits: core.store.centre.edits()?.into_iter().map(EditView::from).collect(),
        })
    }

    /// Who may sign in, by name.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn users(&self) -> Result<Vec<UserChoice>, TillError> {
        const PAGE: usize = 500;
        let view = self.0.store.centre.view()?;
        let (mut users, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = view.list("user", after.as_deref(), PAGE)?;
            for found in &page {
                let user: rows::User = found.read()?;
                if user.active {
                    users.push(UserChoice { user: found.key.clone(), name: user.name });
                }
            }
            after = page.last().map(|last| last.key.clone());
            if page.len() < PAGE {
                break;
            }
        }
        users.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(users)
    }
}
