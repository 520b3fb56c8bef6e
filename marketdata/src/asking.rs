//! A hole in the row of messages: whom to ask for what is missing, how often, and when to give it up.
//!
//! ```text
//! hole ──late──► ask by UDP, again without an answer ──► ask by TCP ──nothing comes──► lost: a snapshot must do
//!                └─ too large a hole ──────────────────────┘
//! ```
//! Without anybody to ask a hole is lost when it has been open for as long as a packet may be late. Owns no
//! socket: it says what to ask, the driver asks, and answers are packets like any other.

/// By which way something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One datagram, answered by a few packets.
    Udp,
    /// A connection, for as much as one likes.
    Tcp,
}

/// Please ask for these messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// How.
    pub way: Way,
    /// First sequence.
    pub from: u64,
    /// Last sequence.
    pub to: u64,
}

/// Who can be asked, and with how much patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskLimits {
    /// There is somebody to ask by UDP.
    pub udp: bool,
    /// There is somebody to ask by TCP.
    pub tcp: bool,
    /// A hole is asked for when it has been open for so long.
    pub late_ns: u64,
    /// An answer by UDP comes within this, or it is asked again.
    pub udp_answer_ns: u64,
    /// How often without an answer.
    pub udp_tries: u32,
    /// Who is further behind asks by TCP at once, where that can be.
    pub udp_messages_max: u64,
    /// Over TCP something comes within this, or the hole is given up.
    pub tcp_answer_ns: u64,
    /// Who has not answered is not asked again for so long.
    pub again_ns: u64,
}

impl AskLimits {
    /// Nobody to ask.
    pub const NOBODY: Self = Self {
        udp: false,
        tcp: false,
        late_ns: 2_000_000,
        udp_answer_ns: 20_000_000,
        udp_tries: 3,
        udp_messages_max: 2000,
        tcp_answer_ns: 1_000_000_000,
        again_ns: 5_000_000_000,
    };
    /// Both ways.
    pub const BOTH: Self = Self { udp: true, tcp: true, ..Self::NOBODY };
}

/// What to do about a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may still be filled.
    Wait,
    /// Ask, and wait.
    Ask(Ask),
    /// It is lost.
    GiveUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The other line may still bring it.
    Late,
    /// Asked by UDP so often without an answer; 0: not yet.
    Udp { tries: u32 },
    /// Asked by TCP.
    Tcp,
    /// Nobody has it.
    Refused,
}

/// What has been done about the hole at hand.
#[derive(Debug)]
pub(crate) struct Asker {
    limits: AskLimits,
    /// Without anybody to ask.
    wait_ns: u64,
    stage: Stage,
    /// The hole as it was last seen.
    from: u64,
    /// When something was last done or came.
    since: u64,
    /// Last message that has been asked for.
    asked_to: u64,
    /// Until when each way is not tried.
    not_until: [u64; 2],
}

impl Asker {
    pub(crate) fn new(limits: AskLimits, wait_ns: u64) -> Self {
        Self {
            limits,
            wait_ns,
            stage: Stage::Late,
            from: 0,
            since: 0,
            asked_to: 0,
            not_until: [0; 2],
        }
    }

    /// A hole has been seen. The answer that is under way may fill it, too.
    pub(crate) fn begin(&mut self, from: u64, now: u64) {
        let is_asked = matches!(self.stage, Stage::Udp { .. } | Stage::Tcp);
        if is_asked && from <= self.asked_to {
            return;
        }
        (self.stage, self.from, self.since) = (Stage::Late, from, now);
    }

    /// What to do now about the holes in `from..to`.
    pub(crate) fn look(&mut self, from: u64, to: u64, now: u64) -> Verdict {
        let AskLimits { late_ns, udp_answer_ns, udp_tries, tcp_answer_ns, .. } = self.limits;
        let somebody = self.can(Way::Udp, now) || self.can(Way::Tcp, now);
        let waited = now.saturating_sub(self.since);
        let is_answered = from != self.from;
        if is_answered {
            (self.from, self.since) = (from, now);
        }
        match self.stage {
            Stage::Late if !somebody && waited >= self.wait_ns => Verdict::GiveUp,
            Stage::Late if somebody && waited >= late_ns => self.ask_first(to, now),
            // The answer may not have reached to the end: what is left is asked for when no more comes.
            Stage::Udp { .. } if is_answered => {
                self.stage = Stage::Udp { tries: 0 };
                Verdict::Wait
            }
            Stage::Udp { tries: 0 } if waited >= udp_answer_ns / 8 => self.ask_first(to, now),
            Stage::Udp { tries } if tries > 0 && waited >= udp_answer_ns => match tries < udp_tries
            {
                true => self.ask(Stage::Udp { tries: tries + 1 }, Way::Udp, to, now),
                false => {
                    self.despair(Way::Udp, now);
                    self.next_way(to, now)
                }
            },
            Stage::Tcp if !is_answered && waited >= tcp_answer_ns => {
                self.despair(Way::Tcp, now);
                Verdict::GiveUp
            }
            Stage::Refused => Verdict::GiveUp,
            _ => Verdict::Wait,
        }
    }

    /// Who was asked by `way` does not have it, or not for us. Of a hole that is whole by now it means nothing.
    pub(crate) fn refused(&mut self, way: Way, is_kept: bool) {
        self.stage = match (way, self.stage) {
            _ if !is_kept => Stage::Refused,
            // As if it had been asked often enough.
            (Way::Udp, Stage::Udp { .. }) => {
                self.since = 0;
                Stage::Udp { tries: self.limits.udp_tries.max(1) }
            }
            (Way::Tcp, Stage::Tcp) => Stage::Refused,
            (_, other) => other,
        };
    }

    fn ask_first(&mut self, to: u64, now: u64) -> Verdict {
        let (udp, tcp) = (self.can(Way::Udp, now), self.can(Way::Tcp, now));
        let is_large = to.saturating_sub(self.from) > self.limits.udp_messages_max;
        match udp && !(tcp && is_large) {
            true => self.ask(Stage::Udp { tries: 1 }, Way::Udp, to, now),
            false => self.next_way(to, now),
        }
    }

    fn next_way(&mut self, to: u64, now: u64) -> Verdict {
        match self.can(Way::Tcp, now) {
            true => self.ask(Stage::Tcp, Way::Tcp, to, now),
            false => Verdict::GiveUp,
        }
    }

    fn can(&self, way: Way, now: u64) -> bool {
        let is_there = match way {
            Way::Udp => self.limits.udp,
            Way::Tcp => self.limits.tcp,
        };
        is_there && now >= self.not_until[way as usize]
    }

    fn despair(&mut self, way: Way, now: u64) {
        self.not_until[way as usize] = now.saturating_add(self.limits.again_ns);
    }

    fn ask(&mut self, stage: Stage, way: Way, to: u64, now: u64) -> Verdict {
        (self.stage, self.since, self.asked_to) = (stage, now, to.saturating_sub(1));
        Verdict::Ask(Ask { way, from: self.from, to: to.saturating_sub(1) })
    }
}
