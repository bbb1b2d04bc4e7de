//! What a tap, an answer or a failure leads to. Pure: no clock, no socket, no store.
//!
//! [`step`] takes the state of both lanes and an event, and returns the next state and what the
//! driver must do. Any pair not drawn below changes nothing: a late answer is not an error.
//!
//! ```text
//!  down   Idle ──asked──▶ Contacting ──news──▶ Reading ──plan──▶ Loading ⇄ Applying ──last──▶ Idle
//!                              │ nothing new       │ failed        │ failed: the next group
//!                              └───────▶ Idle ◀────┴───────────────┘
//!         Idle ──the run has sent──▶ Loading ⇄ Applying (attachments) ──▶ Images ──▶ Idle
//!
//!  up     Drained ──recorded or asked──▶ Sending ──all acknowledged──▶ Drained
//!                                         ▲   │ failed
//!                             timer, asked│   ▼
//!                                        Waiting
//! ```
//!
//! Invariants, each held by a test of the same name:
//! - `a_failed_receive_does_not_stop_sending`: no lane waits for the other.
//! - `a_second_tap_joins_the_run`: one run at a time, totals fixed at its start.
//! - `a_run_ends_when_both_lanes_have`: and says so once.
//! - `one_timer_at_a_time_however_often_both_lanes_fail`: days offline cost no more than minutes.

use std::collections::{BTreeSet, VecDeque};

use tillkit_protocol::{
    Section,
    sections::Flow,
    settings::{ApplyWhen, Policy, SendWhen},
};

/// What a run is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// Everything but images.
    AllWithoutAttachments,
    /// One row.
    One(Section),
}

impl Scope {
    /// As the sync journal names it.
    pub fn name(self) -> &'static str {
        match self {
            Scope::All => "all",
            Scope::AllWithoutAttachments => "all_without_attachments",
            Scope::One(section) => section.name(),
        }
    }

    /// Whether a section is in it.
    pub fn covers(self, section: Section) -> bool {
        match self {
            Scope::All => true,
            Scope::AllWithoutAttachments => section != Section::Attachments,
            Scope::One(one) => one == section,
        }
    }

    /// Whether anything of it comes down.
    pub fn has_down(self) -> bool {
        !matches!(self, Scope::One(section) if !section.is_down())
    }

    /// The sections to send; empty means all.
    pub fn sections_to_send(self) -> Vec<Section> {
        match self {
            Scope::One(section) => vec![section],
            _ => Vec::new(),
        }
    }
}

/// What asked for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// A row's icon.
    Row,
    /// The red button.
    RedButton,
    /// The banner, confirmed.
    Confirmed,
    /// The first sync of this till, or a centre just chosen.
    CentreChosen,
    /// Opening the day.
    Opening,
    /// Closing the day.
    Closing,
    /// The connection is back, or a retry is due.
    Reconnect,
    /// The clock.
    Schedule,
    /// The centre said: make contact.
    Poke,
}

impl Trigger {
    /// As the sync journal names it.
    pub fn name(self) -> &'static str {
        match self {
            Trigger::Row => "row",
            Trigger::RedButton => "red_button",
            Trigger::Confirmed => "confirmed",
            Trigger::CentreChosen => "centre_chosen",
            Trigger::Opening => "opening",
            Trigger::Closing => "closing",
            Trigger::Reconnect => "reconnect",
            Trigger::Schedule => "schedule",
            Trigger::Poke => "poke",
        }
    }

    /// Whether a person asked for exactly this.
    pub fn is_by_hand(self) -> bool {
        matches!(self, Trigger::Row | Trigger::RedButton | Trigger::Confirmed | Trigger::CentreChosen)
    }
}

/// A run that somebody or something wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// What it is about.
    pub scope: Scope,
    /// What asks.
    pub trigger: Trigger,
    /// Whether whoever is at the till may receive by hand.
    pub may_receive: bool,
}

impl Wish {
    /// What the till wants by itself.
    pub fn own(trigger: Trigger) -> Wish {
        Wish { scope: Scope::All, trigger, may_receive: true }
    }

    /// Whether it asks for more than the right allows: then it only sends. A centre just chosen is
    /// brought by the right that chose it.
    pub fn is_refused(&self) -> bool {
        let needs_right = self.trigger.is_by_hand() && self.trigger != Trigger::CentreChosen;
        !self.may_receive && needs_right && self.scope.has_down()
    }

    /// What its run does.
    pub fn rules(&self, policy: &Policy) -> Rules {
        let rules = rules(self.trigger, self.scope, policy);
        match self.is_refused() {
            true => Rules { receives: false, applies: false, drops_edits: false, ..rules },
            false => rules,
        }
    }

    /// Whether a run of this wish, not begun yet, does all that `other` asks for.
    pub fn covers(&self, other: &Wish, policy: &Policy) -> bool {
        covers((self.scope, self.rules(policy)), (other.scope, other.rules(policy)))
    }
}

/// What a run does, by design §6's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether it makes contact and brings configuration.
    pub receives: bool,
    /// Whether what it brings becomes live.
    pub applies: bool,
    /// Whether local edits of the sections in scope go even if nothing new has come.
    pub drops_edits: bool,
    /// Whether it sends.
    pub sends: bool,
}

/// What a run of this trigger and scope does under this policy.
///
/// ```
/// # use tillkit_sync::machine::{rules, Scope, Trigger};
/// let by_the_clock = rules(Trigger::Schedule, Scope::All, &Default::default());
/// assert!(by_the_clock.receives && by_the_clock.sends && !by_the_clock.applies);
/// ```
pub fn rules(trigger: Trigger, scope: Scope, policy: &Policy) -> Rules {
    let is_down_row = matches!(scope, Scope::One(section) if section.is_down());
    let applies = match trigger {
        Trigger::Row | Trigger::RedButton | Trigger::Confirmed | Trigger::CentreChosen => true,
        Trigger::Opening => policy.apply != ApplyWhen::Confirm,
        _ => policy.apply == ApplyWhen::Automatic,
    };
    let sends_by_itself =
        policy.send == SendWhen::Automatic || matches!(trigger, Trigger::Opening | Trigger::Closing);
    Rules {
        receives: scope.has_down(),
        applies: applies && scope.has_down(),
        drops_edits: trigger.is_by_hand() && scope.has_down(),
        sends: !is_down_row && (trigger.is_by_hand() || sends_by_itself),
    }
}

/// Sections that are loaded and then made live together.
pub type Group = Vec<Section>;

/// What must be brought, in which order and what together.
///
/// `behind` are the sections whose manifest differs from what is live. Those needed to sell come
/// first; a section goes together with those of its needs that are behind too.
pub fn plan(behind: &BTreeSet<Section>, scope: Scope) -> Vec<Group> {
    let mut wanted: Vec<Section> = behind.iter().copied().filter(|section| scope.covers(*section)).collect();
    wanted.sort_by_key(|section| (!section.spec().to_sell, *section == Section::Attachments, *section));
    let mut groups: Vec<Group> = Vec::new();
    for section in wanted {
        let mut group = needs(section, behind);
        group.insert(section);
        let (joined, apart) =
            groups.into_iter().partition(|other: &Group| other.iter().any(|other| group.contains(other)));
        groups = apart;
        group.extend(joined.into_iter().flatten());
        groups.push(group.into_iter().collect());
    }
    groups.sort_by_key(|group| !group.iter().any(|section| section.spec().to_sell));
    groups
}

fn needs(section: Section, behind: &BTreeSet<Section>) -> BTreeSet<Section> {
    let mut all = BTreeSet::new();
    for need in section.spec().needs.iter().filter(|need| behind.contains(need)) {
        all.insert(*need);
        all.extend(needs(*need, behind));
    }
    all
}

/// Of a group whose members were loaded or not: those that may become live, and those that wait,
/// each with what it waits for.
pub fn may_go(group: &Group, failed: &BTreeSet<Section>) -> (Vec<Section>, Vec<(Section, Section)>) {
    let (mut go, mut wait) = (Vec::new(), Vec::new());
    let mut held: BTreeSet<Section> = failed.clone();
    for section in group.iter().filter(|section| !failed.contains(section)) {
        match section.spec().needs.iter().find(|need| held.contains(need)) {
            Some(need) => {
                held.insert(*section);
                wait.push((*section, *need));
            }
            None => go.push(*section),
        }
    }
    (go, wait)
}

/// Where the down lane stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Down {
    /// Nothing to do.
    #[default]
    Idle,
    /// The contact is on its way.
    Contacting,
    /// The manifest is being read.
    Reading,
    /// A group is being brought.
    Loading {
        /// Which.
        group: Group,
        /// Those after it.
        waiting: VecDeque<Group>,
    },
    /// A group waits for the receipt to be finished, then becomes live.
    Applying {
        /// Those after it.
        waiting: VecDeque<Group>,
    },
    /// The pictures that the rows of images name are being brought.
    Images,
}

/// What a run does when it has sent: attachments come last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Late {
    /// Nothing.
    #[default]
    Nothing,
    /// These groups, then the pictures.
    Due(VecDeque<Group>),
    /// The groups are on their way, the pictures come after them.
    Begun,
}

/// Where the up lane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Up {
    /// Everything is acknowledged, or nobody has asked to send it.
    #[default]
    Drained,
    /// A batch is on its way; `again` if more was recorded meanwhile.
    Sending {
        /// Failures in a row before it.
        attempt: u32,
        /// Whether to look again when it is through.
        again: bool,
    },
    /// The last try failed.
    Waiting {
        /// Failures in a row.
        attempt: u32,
    },
}

/// A run that people can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// What it is about.
    pub scope: Scope,
    /// What asked for it.
    pub trigger: Trigger,
    /// What it does.
    pub rules: Rules,
    /// Whether its own sending has come to an end.
    has_sent: bool,
    /// Whether something failed that trying again may mend.
    wants_retry: bool,
    /// Whether somebody pressed Cancel: nobody joins it any more.
    pub is_cancelled: bool,
}

/// Both lanes, and the run people see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// Configuration.
    pub down: Down,
    /// Documents.
    pub up: Up,
    /// The run under way.
    pub run: Option<Run>,
    /// Runs asked for that are not covered by the one under way, nor by one before them.
    pub queue: VecDeque<Wish>,
    /// What the run under way does after sending.
    pub late: Late,
    /// Runs in a row that could not receive all and may by trying again.
    pub receive_attempt: u32,
    /// Whether pictures are missing that trying again may bring.
    pub wants_images: bool,
    /// The number of the timer that counts; one started before it is void.
    pub timer: u64,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody or something wants a run, under the policy in force.
    Asked(Wish, Policy),
    /// The centre answered.
    Contacted {
        /// Whether its manifest is another than the one that is live here.
        has_news: bool,
    },
    /// The manifest was read and believed.
    Planned(Vec<Group>),
    /// The group is in its idle slots, as far as it could be brought.
    Loaded {
        /// Whether a section is missing that trying again may bring.
        may_pass: bool,
    },
    /// The group is live, as far as it may be.
    Applied,
    /// The pictures are here, as far as they could be brought.
    ImagesFetched {
        /// Whether one is missing that trying again may bring.
        may_pass: bool,
    },
    /// The contact, the manifest, or the store failed: nothing more comes down in this run.
    ReceiveFailed {
        /// Whether trying again may help.
        may_pass: bool,
    },
    /// A document was recorded, under the policy in force.
    Recorded(Policy),
    /// The centre acknowledged a batch; `left` if more is unsent.
    Sent {
        /// Whether more is unsent.
        left: bool,
    },
    /// A batch was not acknowledged; `may_pass` if trying again may help.
    SendFailed {
        /// Whether trying again may help.
        may_pass: bool,
    },
    /// The retry timer of this number fired.
    TimerFired(u64),
    /// Somebody pressed Cancel.
    Cancelled,
}

/// What the driver must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Make contact → `Contacted` or `ReceiveFailed`.
    Contact,
    /// Read the manifest → `Planned` or `ReceiveFailed`.
    ReadManifest,
    /// Bring a group → `Loaded`.
    Load(Group),
    /// Make what was loaded live, between receipts → `Applied` or `ReceiveFailed`.
    Apply,
    /// Bring the pictures that rows name and that are not here → `ImagesFetched` or `ReceiveFailed`.
    FetchImages,
    /// Show that something new is here.
    Announce,
    /// Drop the local edits in the run's scope.
    DropEdits,
    /// Send a batch of these sections (all, if empty) → `Sent` or `SendFailed`.
    Send(Vec<Section>),
    /// Fire `TimerFired` after a delay that grows with the attempt.
    StartTimer {
        /// 1, 2, …
        attempt: u32,
        /// The number it fires with.
        number: u64,
    },
    /// Stop what the down lane is doing at the next chunk border.
    StopLoading,
    /// The run is over: tell who waits for it and write the sync journal.
    Finish(Run),
    /// Ask for the run that was waiting for this one to end.
    AskNext(Wish),
}

/// One step of both lanes.
pub fn step(mut state: State, event: Event) -> (State, Vec<Effect>) {
    let mut effects = Vec::new();
    match event {
        Event::Asked(wish, policy) => ask(&mut state, wish, &policy, &mut effects),
        Event::Recorded(policy) if policy.send == SendWhen::Automatic => match &mut state.up {
            Up::Sending { again, .. } => *again = true,
            Up::Drained => send(&mut state, &mut effects),
            Up::Waiting { .. } => {}
        },
        Event::Recorded(_) => {}
        Event::TimerFired(number) if number == state.timer => retry(&mut state, &mut effects),
        Event::TimerFired(_) => {}
        Event::Sent { left } => sent(&mut state, left, &mut effects),
        Event::SendFailed { may_pass } => send_failed(&mut state, may_pass, &mut effects),
        Event::Cancelled => cancel(&mut state, &mut effects),
        received => receive(&mut state, received, &mut effects),
    }
    begin_late(&mut state, &mut effects);
    finish(&mut state, &mut effects);
    (state, effects)
}

fn ask(state: &mut State, wish: Wish, policy: &Policy, effects: &mut Vec<Effect>) {
    let mut rules = wish.rules(policy);
    if let Some(run) = &mut state.run {
        if !joins(run, &wish, policy) {
            queue(&mut state.queue, wish, policy);
        } else if rules.sends && run.has_sent {
            // What was recorded since its turn to send goes when it has received.
            run.has_sent = false;
        }
        return;
    }
    // What somebody asked to send by hand, and could not be sent, is tried again.
    rules.sends |= wish.trigger == Trigger::Reconnect && matches!(state.up, Up::Waiting { .. });
    let Wish { scope, trigger, .. } = wish;
    let (has_sent, wants_retry, is_cancelled) = (!rules.sends, false, false);
    state.run = Some(Run { scope, trigger, rules, has_sent, wants_retry, is_cancelled });
    if rules.drops_edits {
        effects.push(Effect::DropEdits);
    }
    if rules.receives {
        state.down = Down::Contacting;
        effects.push(Effect::Contact);
    } else {
        send_for_run(state, effects);
    }
}

/// Whether the run under way does all that is asked for.
pub fn joins(run: &Run, wish: &Wish, policy: &Policy) -> bool {
    // A poke says that there is news since; what a run under way is answered may be older than that.
    let knows = wish.trigger != Trigger::Poke;
    #[cfg(tillkit_defects)]
    let knows = knows || tillkit_protocol::defects::is("a poke dropped during a run");
    knows && !run.is_cancelled && covers((run.scope, run.rules), (wish.scope, wish.rules(policy)))
}

/// Whether the one run does all that the other would.
fn covers(has: (Scope, Rules), wanted: (Scope, Rules)) -> bool {
    let ((scope, has), (wanted_scope, wanted)) = (has, wanted);
    (scope == wanted_scope || scope == Scope::All)
        && has.receives >= wanted.receives
        && has.applies >= wanted.applies
        && has.drops_edits >= wanted.drops_edits
        && has.sends >= wanted.sends
}

/// Nothing waits twice: what a wish before it does not do, it does itself.
fn queue(queue: &mut VecDeque<Wish>, wish: Wish, policy: &Policy) {
    if !queue.iter().any(|queued| queued.covers(&wish, policy)) {
        queue.retain(|queued| !wish.covers(queued, policy));
        queue.push_back(wish);
    }
}

/// The timer: what has failed is tried again. A run under way that receives does that anyway.
fn retry(state: &mut State, effects: &mut Vec<Effect>) {
    let again = Wish::own(Trigger::Reconnect);
    match state.run {
        None if state.receive_attempt > 0 => {
            effects.push(Effect::AskNext(again));
            // Its run may wait minutes for a receipt, or be cancelled, before it sends.
            if let Up::Waiting { attempt } = state.up {
                start_timer(state, attempt, effects);
            }
            return;
        }
        Some(run) if state.receive_attempt > 0 && !run.rules.receives && !state.queue.contains(&again) => {
            state.queue.push_back(again);
        }
        _ => {}
    }
    if let Up::Waiting { .. } = state.up {
        send(state, effects);
    }
}

fn start_timer(state: &mut State, attempt: u32, effects: &mut Vec<Effect>) {
    state.timer += 1;
    effects.push(Effect::StartTimer { attempt, number: state.timer });
}

fn receive(state: &mut State, event: Event, effects: &mut Vec<Effect>) {
    let Some(run) = &mut state.run else { return };
    if let Event::ImagesFetched { may_pass } = event {
        state.wants_images = may_pass;
    }
    run.wants_retry |= matches!(
        event,
        Event::ReceiveFailed { may_pass: true }
            | Event::Loaded { may_pass: true }
            | Event::ImagesFetched { may_pass: true }
    );
    let run = *run;
    let down = std::mem::take(&mut state.down);
    state.down = match (down, event) {
        (Down::Contacting, Event::Contacted { has_news: true }) => {
            effects.push(Effect::ReadManifest);
            Down::Reading
        }
        (Down::Contacting, Event::Contacted { has_news: false }) => {
            plan_late(state, run, VecDeque::new());
            Down::Idle
        }
        (Down::Reading, Event::Planned(groups)) => {
            let (late, now) =
                groups.into_iter().partition(|group: &Group| group.contains(&Section::Attachments));
            plan_late(state, run, late);
            load_next(state, run, now, effects)
        }
        // Live sections wait for nobody's confirmation.
        (Down::Loading { group, waiting }, Event::Loaded { .. })
            if run.rules.applies || group.iter().copied().all(is_live) =>
        {
            effects.push(Effect::Apply);
            Down::Applying { waiting }
        }
        (Down::Loading { waiting, .. }, Event::Loaded { .. })
        | (Down::Applying { waiting }, Event::Applied) => load_next(state, run, waiting, effects),
        (Down::Images, Event::ImagesFetched { .. }) => Down::Idle,
        (
            Down::Contacting | Down::Reading | Down::Loading { .. } | Down::Applying { .. } | Down::Images,
            Event::ReceiveFailed { .. },
        ) => {
            state.late = Late::Nothing;
            Down::Idle
        }
        (down, _) => down,
    };
    if state.down == Down::Idle {
        send_for_run(state, effects);
    }
}

/// Images are for a run that applies what it brings, and has them in its scope; those that live rows name
/// and that could not be brought are for the next run, whatever it is.
fn plan_late(state: &mut State, run: Run, groups: VecDeque<Group>) {
    if run.scope.covers(Section::Attachments) && (run.rules.applies || state.wants_images) {
        state.late = Late::Due(if run.rules.applies { groups } else { VecDeque::new() });
    }
}

/// Once a run has received and sent, it turns to what comes last.
fn begin_late(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(run) = state.run.filter(|run| run.has_sent && state.down == Down::Idle) else { return };
    if let Late::Due(groups) = std::mem::take(&mut state.late) {
        state.late = Late::Begun;
        state.down = load_next(state, run, groups, effects);
    }
}

fn load_next(state: &mut State, run: Run, mut waiting: VecDeque<Group>, effects: &mut Vec<Effect>) -> Down {
    if let Some(group) = waiting.pop_front() {
        effects.push(Effect::Load(group.clone()));
        return Down::Loading { group, waiting };
    }
    if state.late == Late::Begun {
        state.late = Late::Nothing;
        effects.push(Effect::FetchImages);
        return Down::Images;
    }
    if !run.rules.applies {
        effects.push(Effect::Announce);
    }
    Down::Idle
}

/// The run's own turn to send: it goes at once even if a retry was waiting for its timer.
fn send_for_run(state: &mut State, effects: &mut Vec<Effect>) {
    let has_sent = state.run.is_none_or(|run| run.has_sent);
    match &mut state.up {
        _ if has_sent => {}
        Up::Sending { again, .. } => *again = true,
        Up::Drained | Up::Waiting { .. } => send(state, effects),
    }
}

fn send(state: &mut State, effects: &mut Vec<Effect>) {
    let attempt = match state.up {
        Up::Waiting { attempt } | Up::Sending { attempt, .. } => attempt,
        Up::Drained => 0,
    };
    state.up = Up::Sending { attempt, again: false };
    effects.push(Effect::Send(sections(state)));
}

/// A row's run sends its row; everything else sends all there is.
fn sections(state: &State) -> Vec<Section> {
    state.run.filter(|run| !run.has_sent).map(|run| run.scope.sections_to_send()).unwrap_or_default()
}

fn sent(state: &mut State, left: bool, effects: &mut Vec<Effect>) {
    let Up::Sending { again, .. } = state.up else { return };
    if left || again {
        state.up = Up::Sending { attempt: 0, again: false };
        effects.push(Effect::Send(sections(state)));
        return;
    }
    state.up = Up::Drained;
    has_sent(state);
}

fn send_failed(state: &mut State, may_pass: bool, effects: &mut Vec<Effect>) {
    let Up::Sending { attempt, .. } = state.up else { return };
    let attempt = attempt.saturating_add(1);
    if may_pass {
        state.up = Up::Waiting { attempt };
        #[cfg(tillkit_defects)]
        if tillkit_protocol::defects::is("a retry timer forgotten") {
            return has_sent(state);
        }
        start_timer(state, attempt, effects);
    } else {
        state.up = Up::Drained;
    }
    has_sent(state);
}

fn has_sent(state: &mut State) {
    let receives_no_more = state.down == Down::Idle;
    if let Some(run) = state.run.as_mut().filter(|_| receives_no_more) {
        run.has_sent = true;
    }
}

/// Cancel ends receiving at the next border; documents that are on their way arrive.
fn cancel(state: &mut State, effects: &mut Vec<Effect>) {
    // A retry that is due is nobody's wish.
    state.queue.retain(|queued| queued.trigger == Trigger::Reconnect);
    if let Some(run) = &mut state.run {
        run.has_sent = true;
        run.is_cancelled = true;
        state.late = Late::Nothing;
        if state.down != Down::Idle {
            effects.push(Effect::StopLoading);
        }
    }
}

/// Ends a run whose lanes have both come to an end, and begins the next one that was asked for.
fn finish(state: &mut State, effects: &mut Vec<Effect>) {
    let is_over = state.down == Down::Idle && state.run.is_some_and(|run| run.has_sent);
    let Some(run) = state.run.take_if(|_| is_over) else { return };
    effects.push(Effect::Finish(run));
    if run.wants_retry {
        state.receive_attempt = state.receive_attempt.saturating_add(1);
        start_timer(state, state.receive_attempt, effects);
    } else if run.rules.receives {
        state.receive_attempt = 0;
    }
    effects.extend(state.queue.pop_front().map(Effect::AskNext));
}

/// Whether a section comes down with a version of its own.
pub fn is_live(section: Section) -> bool {
    section.spec().flow == Flow::DownLive
}

/// How long to wait before a retry, full jitter: uniform between 0 and a bound that doubles from
/// 0.5 s up to `cap_ms` (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
///
/// `random` is any 64 bits.
pub fn backoff_ms(attempt: u32, cap_ms: u64, random: u64) -> u64 {
    let bound = 500u64.saturating_mul(1 << attempt.clamp(1, 20).saturating_sub(1)).min(cap_ms);
    random % (bound + 1)
}

/// How long to wait for the next scheduled contact, milliseconds.
///
/// Never less than a quarter of an hour, whatever a policy says, and up to a tenth more by `random`, so
/// that the tills of a centre do not all come at once.
pub fn schedule_ms(policy: &Policy, random: u64) -> u64 {
    const LEAST_MINUTES: u32 = 15;
    let ms = u64::from(policy.schedule_minutes.max(LEAST_MINUTES)) * 60_000;
    ms + random % (ms / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(apply: ApplyWhen, send: SendWhen) -> Policy {
        Policy { apply, send, ..Policy::default() }
    }

    /// Feeds events one after the other; returns the last state and the effects of each step.
    fn play(events: impl IntoIterator<Item = Event>) -> (State, Vec<Vec<Effect>>) {
        events.into_iter().fold((State::default(), Vec::new()), |(state, mut all), event| {
            let (state, effects) = step(state, event);
            all.push(effects);
            (state, all)
        })
    }

    fn asked(scope: Scope, trigger: Trigger) -> Event {
        Event::Asked(Wish { scope, trigger, may_receive: true }, Policy::default())
    }

    const LOADED: Event = Event::Loaded { may_pass: false };

    #[test]
    fn the_table_of_triggers_is_the_designs() {
        use {ApplyWhen::*, SendWhen::ByHand};
        let rows = [
            // trigger, apply, send → receives, applies, drops edits, sends
            (Trigger::RedButton, Confirm, ByHand, [true, true, true, true]),
            (Trigger::Confirmed, Confirm, ByHand, [true, true, true, true]),
            (Trigger::CentreChosen, Confirm, ByHand, [true, true, true, true]),
            (Trigger::Opening, Opening, ByHand, [true, true, false, true]),
            (Trigger::Opening, Automatic, ByHand, [true, true, false, true]),
            (Trigger::Opening, Confirm, ByHand, [true, false, false, true]),
            (Trigger::Closing, Opening, ByHand, [true, false, false, true]),
            (Trigger::Closing, Automatic, ByHand, [true, true, false, true]),
            (Trigger::Schedule, Confirm, SendWhen::Automatic, [true, false, false, true]),
            (Trigger::Schedule, Automatic, ByHand, [true, true, false, false]),
            (Trigger::Poke, Opening, SendWhen::Automatic, [true, false, false, true]),
            (Trigger::Reconnect, Confirm, ByHand, [true, false, false, false]),
        ];
        for (trigger, apply, send, expected) in rows {
            let Rules { receives, applies, drops_edits, sends } =
                rules(trigger, Scope::All, &policy(apply, send));
            assert_eq!([receives, applies, drops_edits, sends], expected, "{trigger:?} {apply:?} {send:?}");
        }
        let down_row = rules(Trigger::Row, Scope::One(Section::Items), &policy(Confirm, ByHand));
        assert_eq!(down_row, Rules { receives: true, applies: true, drops_edits: true, sends: false });
        let up_row = rules(Trigger::Row, Scope::One(Section::Sales), &policy(Confirm, ByHand));
        assert_eq!(up_row, Rules { receives: false, applies: false, drops_edits: false, sends: true });
    }

    #[test]
    fn what_is_needed_to_sell_comes_first_and_needs_come_along() {
        let behind = BTreeSet::from([
            Section::Directories,
            Section::Items,
            Section::Promotions,
            Section::Users,
            Section::Stock,
        ]);
        let groups = plan(&behind, Scope::All);
        let of = |section: Section| groups.iter().position(|group| group.contains(&section)).unwrap();
        assert_eq!(of(Section::Items), of(Section::Directories));
        assert!(
            groups[of(Section::Items)].windows(2).all(|pair| pair[0] < pair[1]),
            "needs first: {groups:?}"
        );
        assert_eq!(groups.iter().flatten().count(), behind.len());

        let one = plan(&behind, Scope::One(Section::Items));
        assert_eq!(one, [vec![Section::Directories, Section::Items]]);
        assert_eq!(plan(&BTreeSet::from([Section::Items]), Scope::One(Section::Users)), Vec::<Group>::new());
    }

    #[test]
    fn a_section_waits_for_what_it_needs_and_holds_up_nobody_else() {
        let group = vec![Section::Directories, Section::Items, Section::Promotions];
        let (go, wait) = may_go(&group, &BTreeSet::from([Section::Items]));
        assert_eq!(go, [Section::Directories]);
        assert_eq!(wait, [(Section::Promotions, Section::Items)]);
        let (go, wait) = may_go(&group, &BTreeSet::from([Section::Directories]));
        assert_eq!((go, wait.len()), (vec![], 2));
    }

    #[test]
    fn a_full_sync_receives_applies_and_then_sends() {
        let group = vec![Section::Items];
        let (state, effects) = play([
            asked(Scope::All, Trigger::RedButton),
            Event::Contacted { has_news: true },
            Event::Planned(vec![group.clone()]),
            LOADED,
            Event::Applied,
            Event::Sent { left: true },
            Event::Sent { left: false },
            Event::ImagesFetched { may_pass: false },
        ]);
        assert_eq!(effects[0], [Effect::DropEdits, Effect::Contact]);
        assert_eq!(effects[1], [Effect::ReadManifest]);
        assert_eq!(effects[2], [Effect::Load(group)]);
        assert_eq!(effects[3], [Effect::Apply]);
        assert_eq!(effects[4], [Effect::Send(vec![])]);
        assert_eq!(effects[5], [Effect::Send(vec![])]);
        assert_eq!(effects[6], [Effect::FetchImages]);
        assert!(matches!(effects[7][..], [Effect::Finish(_)]));
        assert_eq!(state, State::default());
    }

    #[test]
    fn attachments_come_after_documents_and_only_when_asked_for() {
        let images = vec![Section::Attachments];
        let news = |scope| {
            play([
                asked(scope, Trigger::RedButton),
                Event::Contacted { has_news: true },
                Event::Planned(vec![vec![Section::Items], images.clone()]),
                LOADED,
                Event::Applied,
                Event::Sent { left: false },
                LOADED,
                Event::Applied,
                Event::ImagesFetched { may_pass: false },
            ])
        };
        let (state, effects) = news(Scope::All);
        assert_eq!(effects[4], [Effect::Send(vec![])]);
        assert_eq!(effects[5], [Effect::Load(images.clone())]);
        assert_eq!((&effects[6][..], &effects[7][..]), (&[Effect::Apply][..], &[Effect::FetchImages][..]));
        assert!(matches!(effects[8][..], [Effect::Finish(_)]));
        assert_eq!(state, State::default());
        let (_, effects) = news(Scope::AllWithoutAttachments);
        assert!(matches!(effects[5][..], [Effect::Finish(_)]), "{:?}", effects[5]);
    }

    #[test]
    fn a_live_section_waits_for_nobody_but_never_outruns_what_it_needs() {
        let (state, effects) = play([
            asked(Scope::All, Trigger::Schedule),
            Event::Contacted { has_news: true },
            Event::Planned(vec![vec![Section::Items, Section::Stock], vec![Section::Customers]]),
            LOADED,
            LOADED,
            Event::Applied,
        ]);
        assert_eq!(effects[3], [Effect::Load(vec![Section::Customers])], "prices wait, and stock with them");
        assert_eq!(effects[4], [Effect::Apply]);
        assert_eq!(effects[5], [Effect::Announce, Effect::Send(vec![])]);
        assert!(state.run.is_some());
    }

    #[test]
    fn without_the_right_nothing_comes_down_and_documents_go_all_the_same() {
        let forbidden =
            |scope, trigger| Event::Asked(Wish { scope, trigger, may_receive: false }, Policy::default());
        let (_, effects) = play([forbidden(Scope::All, Trigger::RedButton), Event::Sent { left: false }]);
        assert_eq!(effects[0], [Effect::Send(vec![])]);
        assert!(matches!(effects[1][..], [Effect::Finish(_)]));
        let (_, effects) = play([forbidden(Scope::One(Section::Items), Trigger::Row)]);
        assert!(matches!(effects[0][..], [Effect::Finish(_)]), "{:?}", effects[0]);
        let (_, effects) = play([forbidden(Scope::All, Trigger::Schedule)]);
        assert_eq!(effects[0], [Effect::Contact], "the clock needs no right");
    }

    #[test]
    fn one_timer_at_a_time_however_often_both_lanes_fail() {
        let mut state = State::default();
        let mut timers = VecDeque::new();
        let feed = |state: &mut State, timers: &mut VecDeque<u64>, event| {
            let (next, effects) = step(std::mem::take(state), event);
            *state = next;
            for effect in &effects {
                if let Effect::StartTimer { number, .. } = effect {
                    timers.push_back(*number);
                }
            }
            effects
        };
        feed(&mut state, &mut timers, Event::Recorded(Policy::default()));
        feed(&mut state, &mut timers, Event::SendFailed { may_pass: true });
        for _ in 0..1_000 {
            let Some(number) = timers.pop_front() else { break };
            for effect in feed(&mut state, &mut timers, Event::TimerFired(number)) {
                match effect {
                    Effect::AskNext(wish) => {
                        feed(&mut state, &mut timers, asked(wish.scope, wish.trigger));
                        feed(&mut state, &mut timers, Event::ReceiveFailed { may_pass: true });
                        feed(&mut state, &mut timers, Event::SendFailed { may_pass: true });
                    }
                    Effect::Send(_) => {
                        feed(&mut state, &mut timers, asked(Scope::All, Trigger::Poke));
                        feed(&mut state, &mut timers, Event::ReceiveFailed { may_pass: true });
                        feed(&mut state, &mut timers, Event::SendFailed { may_pass: true });
                    }
                    _ => {}
                }
            }
            let live = timers.iter().filter(|number| **number == state.timer).count();
            assert_eq!((live, timers.len() <= 3), (1, true), "{timers:?}");
        }
    }

    #[test]
    fn a_poke_is_not_joined_to_a_run_that_has_asked_before_it() {
        for is_answered in [false, true] {
            let mut events = [
                asked(Scope::All, Trigger::RedButton),
                Event::Contacted { has_news: false },
                asked(Scope::All, Trigger::RedButton),
                Event::Sent { left: false },
                Event::ImagesFetched { may_pass: false },
            ]
            .to_vec();
            events.insert(1 + usize::from(is_answered), asked(Scope::All, Trigger::Poke));
            let (_, effects) = play(events);
            let expected = [Effect::AskNext(Wish::own(Trigger::Poke))];
            assert!(matches!(&effects[5][..], [Effect::Finish(_), rest @ ..] if *rest == expected));
        }
    }

    #[test]
    fn a_failed_receive_does_not_stop_sending() {
        let (_, effects) = play([
            asked(Scope::All, Trigger::RedButton),
            Event::ReceiveFailed { may_pass: false },
            Event::Sent { left: false },
        ]);
        assert_eq!(effects[1], [Effect::Send(vec![])]);
        assert!(matches!(effects[2][..], [Effect::Finish(_)]));
    }

    #[test]
    fn a_document_is_sent_while_configuration_comes_down() {
        let (state, effects) = play([
            asked(Scope::All, Trigger::RedButton),
            Event::Recorded(Policy::default()),
            Event::Sent { left: false },
            Event::Contacted { has_news: false },
        ]);
        assert_eq!(effects[1], [Effect::Send(vec![])]);
        assert!(effects[2].is_empty(), "the run goes on: {:?}", effects[2]);
        assert_eq!(effects[3], [Effect::Send(vec![])]);
        assert!(state.run.is_some());
    }

    #[test]
    fn the_schedule_is_the_policys_and_never_shorter_than_a_quarter_of_an_hour() {
        let minutes = |schedule_minutes, random: u64| {
            schedule_ms(&Policy { schedule_minutes, ..Policy::default() }, random) / 60_000
        };
        assert_eq!(minutes(60, 0), 60);
        assert!((60..=66).contains(&minutes(60, u64::MAX)));
        assert_eq!((minutes(0, 0), minutes(14, 0), minutes(16, 0)), (15, 15, 16));
    }

    #[test]
    fn by_hand_means_that_a_document_waits() {
        let by_hand = policy(ApplyWhen::Confirm, SendWhen::ByHand);
        let (state, effects) = play([Event::Recorded(by_hand)]);
        assert_eq!((state, effects), (State::default(), vec![vec![]]));
    }

    #[test]
    fn what_fails_is_tried_again_by_timer_and_at_once_when_asked() {
        let failed = [Event::Recorded(Policy::default()), Event::SendFailed { may_pass: true }];
        let (state, effects) = play(failed.clone());
        assert_eq!(state.up, Up::Waiting { attempt: 1 });
        assert_eq!(effects[1], [Effect::StartTimer { attempt: 1, number: 1 }]);

        let again = [Event::TimerFired(1), Event::SendFailed { may_pass: true }];
        let (_, effects) = play(failed.clone().into_iter().chain(again));
        assert_eq!(effects[2], [Effect::Send(vec![])]);
        assert_eq!(effects[3], [Effect::StartTimer { attempt: 2, number: 2 }]);

        let (_, effects) = play(failed.into_iter().chain([asked(Scope::One(Section::Sales), Trigger::Row)]));
        assert_eq!(effects[2], [Effect::Send(vec![Section::Sales])]);
    }

    #[test]
    fn a_failed_contact_is_tried_again_by_timer() {
        let (_, effects) = play([
            asked(Scope::All, Trigger::Schedule),
            Event::ReceiveFailed { may_pass: true },
            Event::Sent { left: false },
            Event::TimerFired(1),
        ]);
        assert_eq!(effects[1], [Effect::Send(vec![])]);
        assert!(matches!(effects[2][..], [Effect::Finish(_), Effect::StartTimer { attempt: 1, number: 1 }]));
        assert_eq!(effects[3], [Effect::AskNext(Wish::own(Trigger::Reconnect))]);
    }

    #[test]
    fn documents_are_tried_again_while_a_retry_waits_for_a_receipt() {
        let offline = [
            asked(Scope::All, Trigger::Schedule),
            Event::ReceiveFailed { may_pass: true },
            Event::SendFailed { may_pass: true },
            Event::TimerFired(2),
        ];
        let waits_for_a_receipt = [
            asked(Scope::All, Trigger::Reconnect),
            Event::Contacted { has_news: true },
            Event::Planned(vec![vec![Section::Stock]]),
            LOADED,
        ];
        let both = || offline.clone().into_iter().chain(waits_for_a_receipt.clone());
        let (state, effects) = play(both());
        let again = Effect::AskNext(Wish::own(Trigger::Reconnect));
        assert_eq!(effects[3], [again, Effect::StartTimer { attempt: 1, number: 3 }]);
        assert!(matches!(state.down, Down::Applying { .. }));

        let (_, effects) = play(both().chain([Event::TimerFired(3)]));
        assert_eq!(effects[8], [Effect::Send(vec![])]);
        let cancelled = [Event::Cancelled, Event::ReceiveFailed { may_pass: false }, Event::TimerFired(3)];
        let (_, effects) = play(both().chain(cancelled));
        assert_eq!(effects[10], [Effect::Send(vec![])]);
    }

    #[test]
    fn a_section_that_was_cut_short_is_tried_again_less_and_less_often() {
        let run = |trigger| {
            [
                asked(Scope::All, trigger),
                Event::Contacted { has_news: true },
                Event::Planned(vec![vec![Section::Items]]),
                Event::Loaded { may_pass: true },
                Event::Sent { left: false },
            ]
        };
        let (state, effects) = play(run(Trigger::Poke).into_iter().chain(run(Trigger::Reconnect)));
        assert!(matches!(effects[4][..], [Effect::Finish(_), Effect::StartTimer { attempt: 1, .. }]));
        assert!(matches!(effects[9][..], [Effect::Finish(_), Effect::StartTimer { attempt: 2, .. }]));
        assert_eq!(state.receive_attempt, 2);
    }

    #[test]
    fn what_is_not_applied_is_announced_when_all_of_it_is_here() {
        let (_, effects) = play([
            asked(Scope::All, Trigger::Schedule),
            Event::Contacted { has_news: true },
            Event::Planned(vec![vec![Section::Items], vec![Section::Users]]),
            LOADED,
            LOADED,
        ]);
        assert_eq!(effects[3], [Effect::Load(vec![Section::Users])]);
        assert_eq!(effects[4], [Effect::Announce, Effect::Send(vec![])], "all of it is here");
    }

    #[test]
    fn a_second_tap_joins_the_run() {
        let (state, effects) =
            play([asked(Scope::All, Trigger::RedButton), asked(Scope::All, Trigger::RedButton)]);
        assert!(effects[1].is_empty() && state.queue.is_empty());
    }

    #[test]
    fn a_confirmation_is_not_swallowed_by_a_scheduled_run() {
        let (state, effects) = play([
            asked(Scope::All, Trigger::Schedule),
            asked(Scope::All, Trigger::Confirmed),
            Event::Contacted { has_news: false },
            Event::Sent { left: false },
        ]);
        let confirmed = Effect::AskNext(Wish::own(Trigger::Confirmed));
        assert!(matches!(&effects[3][..], [Effect::Finish(_), next] if *next == confirmed));
        assert!(state.queue.is_empty());
    }

    #[test]
    fn a_wish_that_the_run_under_way_does_not_fulfil_waits_for_it() {
        use {ApplyWhen::*, SendWhen::ByHand};
        let by_hand = |wish: Trigger, may_receive| Wish { may_receive, ..Wish::own(wish) };
        let rows = [
            // under way, asked for, apply, send → waits
            (Trigger::Reconnect, Wish::own(Trigger::Opening), Opening, SendWhen::Automatic, true),
            (Trigger::Reconnect, Wish::own(Trigger::Opening), Automatic, SendWhen::Automatic, false),
            (Trigger::Schedule, Wish::own(Trigger::Opening), Confirm, ByHand, true),
            (Trigger::Schedule, Wish::own(Trigger::Closing), Automatic, ByHand, true),
            (Trigger::Schedule, by_hand(Trigger::RedButton, true), Automatic, SendWhen::Automatic, true),
            (Trigger::Schedule, by_hand(Trigger::RedButton, false), Confirm, SendWhen::Automatic, false),
            (Trigger::Schedule, by_hand(Trigger::RedButton, false), Confirm, ByHand, true),
            (Trigger::RedButton, Wish::own(Trigger::Opening), Confirm, ByHand, false),
            (Trigger::RedButton, Wish::own(Trigger::Schedule), Automatic, ByHand, false),
        ];
        for (under_way, wish, apply, send, waits) in rows {
            let policy = policy(apply, send);
            let (state, effects) = play([
                Event::Asked(Wish::own(under_way), policy.clone()),
                Event::Asked(wish, policy.clone()),
                Event::Asked(wish, policy),
            ]);
            assert!(effects[1].is_empty());
            let expected = if waits { vec![wish] } else { vec![] };
            assert_eq!(state.queue, expected, "{under_way:?} {wish:?} {apply:?} {send:?}");
        }
    }

    #[test]
    fn who_may_not_receive_does_not_by_tapping_twice() {
        let tap = Wish { may_receive: false, ..Wish::own(Trigger::RedButton) };
        let by_hand = policy(ApplyWhen::Confirm, SendWhen::ByHand);
        let (state, effects) = play([
            Event::Asked(Wish::own(Trigger::Schedule), by_hand.clone()),
            Event::Asked(tap, by_hand.clone()),
            Event::Contacted { has_news: false },
            Event::Asked(tap, by_hand),
        ]);
        assert!(matches!(&effects[2][..], [Effect::Finish(_), Effect::AskNext(next)] if *next == tap));
        assert_eq!(effects[3], [Effect::Send(vec![])], "it only sends");
        assert_eq!(state.down, Down::Idle);
    }

    #[test]
    fn a_poke_that_waits_does_not_swallow_the_opening_of_the_day() {
        let policy = policy(ApplyWhen::Opening, SendWhen::Automatic);
        let asked = |trigger| Event::Asked(Wish::own(trigger), policy.clone());
        let (state, _) = play([
            asked(Trigger::Schedule),
            asked(Trigger::Poke),
            asked(Trigger::Opening),
            asked(Trigger::Poke),
        ]);
        assert_eq!(state.queue, [Wish::own(Trigger::Opening)], "which brings what the poke was about");
    }

    #[test]
    fn what_was_to_be_sent_by_hand_is_sent_by_the_retry() {
        let by_hand = policy(ApplyWhen::Confirm, SendWhen::ByHand);
        let (state, effects) = play([
            Event::Asked(Wish::own(Trigger::RedButton), by_hand.clone()),
            Event::ReceiveFailed { may_pass: true },
            Event::SendFailed { may_pass: true },
            Event::TimerFired(2),
            Event::Asked(Wish::own(Trigger::Reconnect), by_hand),
            Event::Contacted { has_news: false },
            Event::Sent { left: false },
        ]);
        let again = Effect::AskNext(Wish::own(Trigger::Reconnect));
        assert_eq!(effects[3], [again, Effect::StartTimer { attempt: 1, number: 3 }]);
        assert_eq!(effects[5], [Effect::Send(vec![])]);
        assert_eq!((state.up, state.run), (Up::Drained, None));
    }

    #[test]
    fn a_retry_that_falls_into_a_run_that_receives_nothing_comes_after_it() {
        let (_, effects) = play([
            asked(Scope::One(Section::Items), Trigger::Row),
            Event::ReceiveFailed { may_pass: true },
            asked(Scope::One(Section::Sales), Trigger::Row),
            Event::TimerFired(1),
            Event::Sent { left: false },
        ]);
        let again = Effect::AskNext(Wish::own(Trigger::Reconnect));
        assert!(matches!(&effects[4][..], [Effect::Finish(_), next] if *next == again), "{:?}", effects[4]);
    }

    #[test]
    fn a_tap_after_the_run_has_sent_sends_once_more() {
        let (state, effects) = play([
            asked(Scope::All, Trigger::RedButton),
            Event::Contacted { has_news: false },
            Event::Sent { left: false },
            asked(Scope::One(Section::Sales), Trigger::Row),
            Event::ImagesFetched { may_pass: false },
            Event::Sent { left: false },
        ]);
        assert_eq!(effects[2], [Effect::FetchImages]);
        assert_eq!(effects[4], [Effect::Send(vec![])]);
        assert!(matches!(effects[5][..], [Effect::Finish(_)]) && state == State::default());
    }

    #[test]
    fn pictures_that_could_not_be_brought_are_brought_by_the_retry() {
        let (_, effects) = play([
            asked(Scope::All, Trigger::RedButton),
            Event::Contacted { has_news: false },
            Event::Sent { left: false },
            Event::ImagesFetched { may_pass: true },
            asked(Scope::All, Trigger::Reconnect),
            Event::Contacted { has_news: false },
            Event::Sent { left: false },
        ]);
        assert_eq!(effects[6], [Effect::FetchImages], "though it applies nothing");
    }

    #[test]
    fn nobody_joins_a_run_that_was_cancelled() {
        let (state, _) = play([
            asked(Scope::All, Trigger::RedButton),
            Event::Cancelled,
            asked(Scope::All, Trigger::RedButton),
        ]);
        assert_eq!(state.queue, [Wish::own(Trigger::RedButton)]);
    }

    #[test]
    fn a_run_ends_when_both_lanes_have() {
        let (state, effects) =
            play([asked(Scope::One(Section::Items), Trigger::Row), Event::Contacted { has_news: false }]);
        assert!(matches!(effects[1][..], [Effect::Finish(_)]), "a down row sends nothing");
        let (again, more) = step(state, Event::Contacted { has_news: true });
        assert_eq!((again, more), (State::default(), vec![]), "a late answer changes nothing");
    }

    #[test]
    fn cancel_stops_loading_and_forgets_what_waits() {
        let (state, effects) = play([
            asked(Scope::All, Trigger::RedButton),
            Event::Contacted { has_news: true },
            Event::Planned(vec![vec![Section::Items], vec![Section::Users]]),
            asked(Scope::One(Section::Sales), Trigger::Row),
            Event::Cancelled,
            Event::ReceiveFailed { may_pass: false },
        ]);
        assert_eq!(effects[4], [Effect::StopLoading]);
        assert!(matches!(effects[5][..], [Effect::Finish(_)]), "{:?}", effects[5]);
        assert_eq!(state, State::default());
    }

    #[test]
    fn a_retry_waits_longer_each_time_but_never_beyond_its_cap() {
        let bounds: Vec<u64> = (1..9).map(|attempt| backoff_ms(attempt, 30_000, u64::MAX / 2)).collect();
        assert!(bounds.iter().all(|delay| *delay <= 30_000));
        for attempt in 0..=u32::from(u16::MAX) {
            assert!(backoff_ms(attempt, 30_000, u64::MAX) <= 30_000);
        }
        let most = |attempt| (0..5_000).map(|random| backoff_ms(attempt, 30_000, random)).max();
        assert_eq!((most(1), most(2), most(3)), (Some(500), Some(1000), Some(2000)));
    }
}
