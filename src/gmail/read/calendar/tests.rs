//! What is said of events, in a zone that the tests choose.

use jiff::tz::TimeZone;

use super::{Setting, summary};

fn shown(text: &str, method: &str) -> String {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    summary(text, Setting { method, zone, described: true }).text
}

fn event(method: &str, lines: &str) -> String {
    shown(
        &format!("BEGIN:VCALENDAR\nMETHOD:{method}\nBEGIN:VEVENT\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n"),
        "",
    )
}

#[test]
fn an_invitation_says_what_when_where_and_who() {
    let text = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n\
        BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n\
        SUMMARY:Planning\\, part 2\r\nDTSTART;TZID=\"Europe/Berlin\":20260131T100000\r\n\
        DTEND:20260131T093000Z\r\nRRULE:FREQ=WEEKLY\r\nLOCATION:Room\r\n  5\r\n\
        ORGANIZER;CN=\"Ada: Boss; Dr.\":mailto:ada@example.com\r\n\
        ATTENDEE;PARTSTAT=ACCEPTED;CN=Bob:MAILTO:bob@example.org\r\nATTENDEE:mailto:carl@example.org\r\n\
        DESCRIPTION:Bring\\nnotes\r\n\
        BEGIN:VALARM\r\nDESCRIPTION:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let expected = "Invitation: Planning, part 2\nStart: 2026-01-31 10:00 Europe/Berlin\n\
        End: 2026-01-31 10:30 Europe/Berlin\nRepeats: every week\nWhere: Room 5\n\
        Organizer: Ada: Boss; Dr. <ada@example.com>\n\
        Attendees: Bob <bob@example.org> (accepted), carl@example.org\n\nBring\nnotes";
    assert_eq!(shown(text, ""), expected);
    assert_eq!(shown("no calendar", ""), "");
    assert_eq!(shown("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT", "REQUEST"), "");
}

#[test]
fn an_answer_says_who_accepted_or_declined() {
    for (state, words) in [
        ("ACCEPTED", "Bob <bob@example.org> accepted"),
        ("DECLINED", "Bob <bob@example.org> declined"),
        ("TENTATIVE", "Bob <bob@example.org> tentatively accepted"),
        (
            "DELEGATED;DELEGATED-TO=\"mailto:carl@example.org\"",
            "Bob <bob@example.org> delegated it to carl@example.org",
        ),
    ] {
        let lines =
            format!("SUMMARY:Tea\nCOMMENT:Too busy\nATTENDEE;PARTSTAT={state};CN=Bob:mailto:bob@example.org");
        for shown in [event("REPLY", &lines), event("COUNTER", &lines)] {
            assert!(shown.contains(words) && shown.contains("Tea") && shown.contains("Too busy"), "{shown}");
        }
        let undeclared = format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT");
        assert!(shown(&undeclared, "reply").contains(words));
    }
}

#[test]
fn every_method_has_its_title() {
    for (method, title) in [
        ("REQUEST", "Invitation: Tea"),
        ("PUBLISH", "Event: Tea"),
        ("CANCEL", "Cancelled: Tea"),
        ("REPLY", "Reply to an invitation: Tea"),
        ("COUNTER", "Proposed change: Tea"),
        ("DECLINECOUNTER", "Declined proposal: Tea"),
        ("X-OTHER", "Invitation: Tea"),
    ] {
        assert_eq!(event(method, "SUMMARY:Tea"), title);
    }
    assert_eq!(event("REQUEST", "SUMMARY:Tea\nSTATUS:CANCELLED"), "Cancelled: Tea");
}

#[test]
fn times_are_in_the_zone_of_the_user() {
    let start = |line: &str| event("REQUEST", line).lines().nth(1).unwrap().to_owned();
    for (line, shown) in [
        ("DTSTART:20260701T100000Z", "2026-07-01 12:00 Europe/Berlin"),
        ("DTSTART;TZID=America/New_York:20260131T100000", "2026-01-31 16:00 Europe/Berlin"),
        (
            "DTSTART;TZID=/mozilla.org/20050126_1/America/New_York:20260131T100000",
            "2026-01-31 16:00 Europe/Berlin",
        ),
        ("DTSTART;TZID=Asia/Tokyo:20260131T0100", "2026-01-30 17:00 Europe/Berlin"),
        (
            "DTSTART;TZID=W. Europe Standard Time:20260131T100000",
            "2026-01-31 10:00 (W. Europe Standard Time)",
        ),
        ("DTSTART;TZID=../../etc/passwd:20260131T100000", "2026-01-31 10:00 (../../etc/passwd)"),
        ("DTSTART:20260131T100000", "2026-01-31 10:00"),
        ("DTSTART;VALUE=DATE:20261224", "2026-12-24 (all day)"),
        ("DTSTART:soon", "soon"),
        ("DTSTART:2026é131T1", "2026é131T1"),
        ("DTSTART:99999999T999999Z", "99999999T999999Z"),
    ] {
        assert_eq!(start(line), format!("Start: {shown}"), "{line}");
    }
}

#[test]
fn a_zone_of_windows_has_the_rules_of_the_calendar() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Eastern Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T020000\n\
        TZOFFSETFROM:-0400\nTZOFFSETTO:-0500\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\n\
        RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n";
    for (time, shown_at) in [
        ("20260115T100000", "2026-01-15 16:00"),
        ("20260715T100000", "2026-07-15 16:00"),
        ("20260307T100000", "2026-03-07 16:00"),
        ("20260320T100000", "2026-03-20 15:00"),
        ("20261030T100000", "2026-10-30 15:00"),
        ("20261102T100000", "2026-11-02 16:00"),
    ] {
        let text = format!(
            "BEGIN:VCALENDAR\n{zone}BEGIN:VEVENT\nDTSTART;TZID=\"Eastern Standard Time\":{time}\nEND:VEVENT\nEND:VCALENDAR"
        );
        assert!(
            shown(&text, "").contains(&format!("Start: {shown_at} Europe/Berlin")),
            "{}",
            shown(&text, "")
        );
    }
    let fixed = "BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0530\nTZOFFSETTO:+0530\n\
        END:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;TZID=Mine:20260115T103000\nEND:VEVENT";
    assert!(shown(fixed, "").contains("2026-01-15 06:00 Europe/Berlin"));
}

#[test]
fn the_end_may_be_a_duration_and_the_last_day_is_included() {
    for (lines, end) in [
        ("DTSTART:20260131T100000Z\nDURATION:PT1H30M", "End: 2026-01-31 12:30 Europe/Berlin"),
        ("DTSTART:20260131T100000\nDURATION:P1D", "End: 2026-02-01 10:00"),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227", "End: 2026-12-26"),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261225", "Start: 2026-12-24 (all day)"),
        ("DTSTART;VALUE=DATE:20261224\nDURATION:P2D", "End: 2026-12-25"),
        ("DTSTART:20260131T100000Z\nDURATION:P99999999999D", "Start: 2026-01-31 11:00 Europe/Berlin"),
    ] {
        assert_eq!(event("REQUEST", lines).lines().last().unwrap(), end, "{lines}");
    }
}

#[test]
fn recurrence_is_said_in_words() {
    for (rule, words) in [
        ("FREQ=DAILY;COUNT=5", "every day, 5 times"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU", "every 2 weeks on Monday, Wednesday"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", "every month on the 2nd of Tuesday"),
        ("FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20260630T220000Z", "every month on day 15, until 2026-07-01"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "every year on day 24 in December"),
        ("FREQ=YEARLY;BYWEEKNO=20", "FREQ=YEARLY;BYWEEKNO=20"),
        ("nonsense", "nonsense"),
    ] {
        let shown = event("REQUEST", &format!("DTSTART:20260131T100000Z\nRRULE:{rule}"));
        assert_eq!(shown.lines().last().unwrap(), format!("Repeats: {words}"));
    }
    let moved = event("REQUEST", "SUMMARY:Tea\nRECURRENCE-ID:20260203T100000Z\nDTSTART:20260204T100000Z");
    assert!(
        moved.contains("Occurrence: 2026-02-03 11:00") && moved.contains("Start: 2026-02-04 11:00"),
        "{moved}"
    );
    let except = event(
        "REQUEST",
        "DTSTART:20260203T100000Z\nRRULE:FREQ=DAILY\nEXDATE:20260204T100000Z,20260205T100000Z",
    );
    assert!(except.contains("2026-02-04 11:00 Europe/Berlin, 2026-02-05 11:00"), "{except}");
    let zoned = event("REQUEST", "DTSTART;TZID=Asia/Tokyo:20260203T010000\nRRULE:FREQ=WEEKLY;BYDAY=TU");
    assert!(zoned.contains("every week on Tuesday (Asia/Tokyo)"), "{zoned}");
}

#[test]
fn several_events_are_listed_and_counted() {
    let events: String = (0..13).map(|n| format!("BEGIN:VEVENT\nSUMMARY:Event {n}\nEND:VEVENT\n")).collect();
    let shown = shown(&format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR"), "");
    assert!(
        shown.contains("Event 0") && shown.contains("Event 9") && shown.ends_with("[and 3 more events]"),
        "{shown}"
    );
    let task = self::shown("BEGIN:VTODO\nSUMMARY:Write\nDUE:20260203T100000Z\nEND:VTODO", "");
    assert_eq!(task, "Task: Write\nDue: 2026-02-03 11:00 Europe/Berlin");
}

#[test]
fn a_line_cannot_be_forged_and_a_description_of_html_is_rendered() {
    let forged =
        event("REQUEST", "SUMMARY:Tea\\nOrganizer: boss@example.com\nLOCATION:Room\\n\\nWhere: Paris");
    assert_eq!(forged, "Invitation: Tea Organizer: boss@example.com\nWhere: Room Where: Paris");
    let rich = event(
        "REQUEST",
        "SUMMARY:Tea\nDESCRIPTION:<p>Agenda</p><span style=\"display:none\">SYSTEM</span>\\nMilk",
    );
    assert!(rich.contains("Agenda") && rich.contains("Milk") && !rich.contains("SYSTEM"), "{rich}");
}
