//! `[[hours]]`: when sessions may be logged on, in the time of a place, and when their numbers begin anew.
//!
//! Time zones end here: the partition that leads asks [`Timetables`] for the next windows, in UTC, and puts them into
//! the log (engine/src/hours.rs). The rules of a zone are the system's, else those built in (jiff), as they were when
//! the configuration was read. A time that a change of the clocks leaves out is that of the clock before the change;
//! one that comes twice is the first.

use super::{Config, ConfigError};
use engine::hours::{Calendar, HOURS_MAX, Window};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde::Deserialize;
use std::sync::Arc;

/// Windows lie at most so many days from a time that they have to do with.
const DAYS_AROUND: i64 = 8;

/// `[[hours]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// What sessions call it.
    pub name: String,
    /// Days of the week on which a window begins; a week begins with the first.
    pub days: Vec<Weekday>,
    /// When, `HH:MM` or `HH:MM:SS`.
    pub start: String,
    /// When it ends; not after `start`: on the next day.
    pub end: String,
    /// Name in the IANA database of time zones.
    pub time_zone: String,
    /// When the numbers of the sessions begin again with 1.
    #[serde(default)]
    pub reset: Reset,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of the days")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    const fn known(self) -> jiff::civil::Weekday {
        match self {
            Self::Monday => jiff::civil::Weekday::Monday,
            Self::Tuesday => jiff::civil::Weekday::Tuesday,
            Self::Wednesday => jiff::civil::Weekday::Wednesday,
            Self::Thursday => jiff::civil::Weekday::Thursday,
            Self::Friday => jiff::civil::Weekday::Friday,
            Self::Saturday => jiff::civil::Weekday::Saturday,
            Self::Sunday => jiff::civil::Weekday::Sunday,
        }
    }
}

/// When the numbers of sessions begin anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reset {
    /// They go on.
    #[default]
    Never,
    /// With every window.
    Daily,
    /// With the window of the first of `days`.
    Weekly,
}

/// One table, understood.
#[derive(Clone, Debug)]
struct Timetable {
    days: Vec<jiff::civil::Weekday>,
    start: Time,
    end: Time,
    zone: TimeZone,
    reset: Reset,
}

/// All tables; rows of the engine's hours, in the order of the file.
#[derive(Clone, Debug)]
pub struct Timetables(Vec<Timetable>);

impl Calendar for Timetables {
    fn rows(&self) -> u32 {
        self.0.len() as u32
    }

    fn window_after(&self, row: u32, time: u64) -> Option<Window> {
        self.0.get(row.checked_sub(1)? as usize)?.window_after(time)
    }
}

impl Timetable {
    fn window_after(&self, time: u64) -> Option<Window> {
        let today = self.date_of(time)?;
        let windows =
            (-DAYS_AROUND..=DAYS_AROUND).filter_map(|day| self.window_of(plus(today, day)?));
        let (date, window) = windows.into_iter().find(|(_, window)| window.closes > time)?;
        Some(Window { numbers_from: self.numbers_from(date, window.opens), ..window })
    }

    fn date_of(&self, time: u64) -> Option<Date> {
        let time = Timestamp::from_nanosecond(time.into()).ok()?;
        Some(time.to_zoned(self.zone.clone()).date())
    }

    /// The window that begins on this day, if one does.
    fn window_of(&self, date: Date) -> Option<(Date, Window)> {
        if !self.days.contains(&date.weekday()) {
            return None;
        }
        let last = if self.end > self.start { date } else { plus(date, 1)? };
        let ns = |date: Date, time: Time| {
            let zoned = date.to_datetime(time).to_zoned(self.zone.clone()).ok()?;
            u64::try_from(zoned.timestamp().as_nanosecond()).ok()
        };
        let (opens, closes) = (ns(date, self.start)?, ns(last, self.end)?);
        (closes > opens).then_some((date, Window { opens, closes, numbers_from: 0 }))
    }

    fn numbers_from(&self, date: Date, opens: u64) -> u64 {
        match self.reset {
            Reset::Never => 0,
            Reset::Daily => opens,
            Reset::Weekly => {
                let first = (0..7).filter_map(|day| plus(date, -day));
                let first =
                    first.into_iter().find(|date| Some(&date.weekday()) == self.days.first());
                first.and_then(|date| self.window_of(date)).map_or(opens, |(_, first)| first.opens)
            }
        }
    }
}

fn plus(date: Date, days: i64) -> Option<Date> {
    let span: Span = days.days();
    date.checked_add(span).ok()
}

impl Config {
    /// Who tells the windows; nobody where no hours are defined.
    pub(super) fn calendar(&self) -> Result<Option<Arc<dyn Calendar>>, ConfigError> {
        if self.hours.len() > HOURS_MAX {
            let problem = format!("{} tables", self.hours.len());
            let fix = format!("let there be at most {HOURS_MAX}");
            return Err(self.error("hours", problem, &fix));
        }
        let all =
            (0..self.hours.len()).map(|n| self.timetable(n)).collect::<Result<Vec<_>, _>>()?;
        Ok(if all.is_empty() { None } else { Some(Arc::new(Timetables(all))) })
    }

    /// Row of the engine's hours for the session of the `n`th table; 0: always open.
    pub(super) fn hours_row(&self, n: usize) -> Result<u32, ConfigError> {
        let (key, name) = match (&self.session[n].hours, &self.venue.hours) {
            (None, None) => return Ok(0),
            (Some(name), _) if name == "always" => return Ok(0),
            (Some(name), _) => (format!("session[{n}].hours"), name),
            (None, Some(name)) => ("venue.hours".into(), name),
        };
        let at = self.hours.iter().position(|hours| hours.name == *name);
        let fix = "name an [[hours]] table, or \"always\"";
        let at = at.ok_or_else(|| self.error(key, format!("there are no hours {name:?}"), fix))?;
        Ok(at as u32 + 1)
    }

    fn timetable(&self, n: usize) -> Result<Timetable, ConfigError> {
        let hours = &self.hours[n];
        let wrong = |name: &str, problem: String, fix: &str| {
            self.error(format!("hours[{n}].{name}"), problem, fix)
        };
        if hours.name.is_empty() || hours.name == "always" {
            let fix = "choose a name other than \"always\"";
            return Err(wrong("name", format!("{:?} will not do", hours.name), fix));
        }
        if self.hours[..n].iter().any(|other| other.name == hours.name) {
            return Err(wrong(
                "name",
                format!("{} is there twice", hours.name),
                "remove one of them",
            ));
        }
        let twice = |(at, day): (usize, &Weekday)| hours.days[..at].contains(day);
        if hours.days.is_empty() || hours.days.iter().enumerate().any(twice) {
            let fix = "list days like [\"monday\", \"tuesday\"], each once";
            return Err(wrong("days", "no days, or one twice".into(), fix));
        }
        let time = |name: &str, text: &str| {
            let fix = "write HH:MM or HH:MM:SS, like \"17:00\"";
            time_of_day(text).ok_or_else(|| wrong(name, format!("{text:?} is no time of day"), fix))
        };
        let zone = TimeZone::get(&hours.time_zone).map_err(|error| {
            let fix = "give a name like \"America/Chicago\" or \"UTC\"";
            wrong("time_zone", error.to_string(), fix)
        })?;
        Ok(Timetable {
            days: hours.days.iter().map(|day| day.known()).collect(),
            start: time("start", &hours.start)?,
            end: time("end", &hours.end)?,
            zone,
            reset: hours.reset,
        })
    }
}

fn time_of_day(text: &str) -> Option<Time> {
    let parts: Vec<i8> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match parts[..] {
        [hour, minute] => Time::new(hour, minute, 0, 0).ok(),
        [hour, minute, second] => Time::new(hour, minute, second, 0).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Weekday; 7] = [
        Weekday::Sunday,
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
    ];

    fn table(days: &[Weekday], start: &str, end: &str, zone: &str, reset: Reset) -> Timetable {
        Timetable {
            days: days.iter().map(|day| day.known()).collect(),
            start: time_of_day(start).expect("a time"),
            end: time_of_day(end).expect("a time"),
            zone: TimeZone::get(zone).expect("a zone"),
            reset,
        }
    }

    fn ns(text: &str) -> u64 {
        let time: Timestamp = text.parse().expect("a time");
        time.as_nanosecond() as u64
    }

    /// `opens closes`, one window after the other.
    fn windows(table: &Timetable, from: &str, count: usize) -> Vec<String> {
        let mut time = ns(from);
        let mut all = Vec::new();
        for _ in 0..count {
            let window = table.window_after(time).expect("a window");
            let text = |ns: u64| Timestamp::from_nanosecond(ns.into()).expect("a time").to_string();
            all.push(format!("{} {}", text(window.opens), text(window.closes)));
            time = window.closes;
        }
        all
    }

    #[test]
    fn windows_follow_the_clocks_of_their_place() {
        let days = [Weekday::Friday, Weekday::Monday];
        let chicago = table(&days, "08:30", "15:00", "America/Chicago", Reset::Never);
        // The clocks change on Sunday, 8 March 2026.
        assert_eq!(
            windows(&chicago, "2026-03-06T00:00:00Z", 2),
            [
                "2026-03-06T14:30:00Z 2026-03-06T21:00:00Z",
                "2026-03-09T13:30:00Z 2026-03-09T20:00:00Z",
            ]
        );
        // In the middle of one, and at its end.
        assert_eq!(
            windows(&chicago, "2026-03-06T20:59:59Z", 1),
            ["2026-03-06T14:30:00Z 2026-03-06T21:00:00Z"]
        );
        assert_eq!(
            windows(&chicago, "2026-03-06T21:00:00Z", 1),
            ["2026-03-09T13:30:00Z 2026-03-09T20:00:00Z"]
        );
    }

    #[test]
    fn a_window_may_go_over_midnight_and_through_a_change_of_the_clocks() {
        let night = table(&ALL, "22:00", "04:00", "Europe/Berlin", Reset::Never);
        assert_eq!(
            windows(&night, "2026-03-28T12:00:00Z", 2),
            [
                "2026-03-28T21:00:00Z 2026-03-29T02:00:00Z",
                "2026-03-29T20:00:00Z 2026-03-30T02:00:00Z",
            ]
        );
        // 02:30 is left out on 29 March and comes twice on 25 October.
        let odd = table(&ALL, "02:30", "02:30", "Europe/Berlin", Reset::Daily);
        assert_eq!(
            windows(&odd, "2026-03-28T12:00:00Z", 2),
            [
                "2026-03-28T01:30:00Z 2026-03-29T01:30:00Z",
                "2026-03-29T01:30:00Z 2026-03-30T00:30:00Z",
            ]
        );
        assert_eq!(
            windows(&odd, "2026-10-25T00:30:00Z", 1),
            ["2026-10-25T00:30:00Z 2026-10-26T01:30:00Z"]
        );
    }

    /// Day and night without a hole, through two years of changes.
    #[test]
    fn windows_of_a_whole_day_touch() {
        for zone in ["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"] {
            let table = table(&ALL, "17:00", "17:00", zone, Reset::Daily);
            let mut last = table.window_after(ns("2026-01-01T00:00:00Z")).expect("a window");
            for _ in 0..730 {
                let next = table.window_after(last.closes).expect("a window");
                assert_eq!((next.opens, next.numbers_from), (last.closes, last.closes), "{zone}");
                last = next;
            }
        }
    }

    #[test]
    fn numbers_begin_anew_as_the_table_says() {
        let from = |reset, time: &str| {
            let days = &ALL[..6];
            let table = table(days, "17:00", "16:00", "America/Chicago", reset);
            let window = table.window_after(ns(time)).expect("a window");
            (window.numbers_from, window.opens)
        };
        // 2026-01-04 is a Sunday.
        assert_eq!(from(Reset::Never, "2026-01-07T12:00:00Z").0, 0);
        let (numbers, opens) = from(Reset::Daily, "2026-01-07T12:00:00Z");
        assert_eq!((numbers, opens), (opens, ns("2026-01-06T23:00:00Z")));
        let sunday = ns("2026-01-04T23:00:00Z");
        assert_eq!(from(Reset::Weekly, "2026-01-07T12:00:00Z").0, sunday);
        assert_eq!(from(Reset::Weekly, "2026-01-09T12:00:00Z").0, sunday);
        assert_eq!(from(Reset::Weekly, "2026-01-04T12:00:00Z"), (sunday, sunday));
    }
}
