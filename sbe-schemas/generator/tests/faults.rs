//! A schema with a fault is refused, with file, line and what to do; a sound one is not.
//!
//! Each case plants one fault in `quotes-v1.xml`: what to replace, by what, and what is then said.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside of a #[test] function")]

use sbe_generator::generate;

const SOUND: &str = include_str!("quotes-v1.xml");

/// Said of the sound schema with the first `from` replaced by `to`.
fn said(from: &str, to: &str) -> String {
    assert!(SOUND.contains(from), "the schema has no {from:?}");
    let xml = SOUND.replacen(from, to, 1);
    match generate(&[("quotes.xml", &xml)]) {
        Ok(_) => panic!("{to:?} was taken"),
        Err(error) => format!("{error:#}"),
    }
}

/// The line of the sound schema that has `text` first.
fn line(text: &str) -> usize {
    SOUND.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn the_sound_schema_is_taken() {
    assert_eq!(generate(&[("quotes.xml", SOUND)]).unwrap().len(), 2);
}

#[test]
fn a_planted_fault_is_named_with_its_line() {
    // One case a line, however long, reads better than one a paragraph.
    #[rustfmt::skip]
    let cases = [
        // Things that are not known.
        (r#"<type name="Level""#, r#"<type colour="red" name="Level""#, r#""colour" is not supp"#),
        (r#"<group name="legs""#, r#"<loop name="legs""#, "not well-formed"),
        (r#"<type name="Level" primitiveType="uint16""#, r#"<type name="Level" primitiveType="uint24""#, r#"no type "uint24""#),
        (r#"<type name="Level" primitiveType="uint16""#, r#"<type name="Level" primitiveType="float""#, "floats are not exact"),
        (r#"type="Weights"/>"#, r#"type="Wights"/>"#, r#"no type "Wights": define it"#),
        (r#"<ref name="kind" type="Kind" offset="4"/>"#, r#"<ref name="kind" type="Origin"/>"#, "contains itself"),
        (r#"valueRef="Side.sell""#, r#"valueRef="Side.hold""#, "valueRef is no value of an enum"),
        (r#"<field name="at" id="1" type="uint32"/>"#, r#"<data name="at" id="1" type="uint32"/>"#, "type of data is a composite"),
        (r#"dimensionType="SmallGroup""#, r#"dimensionType="Origin""#, "dimensionType is no composite"),
        (r#"<type name="Name" primitiveType="char" length="5"/>"#, r#"<type name="Name" primitiveType="char" length="5"><b/></type>"#, "only a value may stand in it"),
        (r#"type="Kind" offset="4"/>"#, r#"type="Kind" offset="4">x</ref>"#, "text between its elements"),
        // Layout.
        (r#"offset="12""#, r#"offset="8""#, "offset 8 overlaps the field before, which ends at 9"),
        (r#"blockLength="48""#, r#"blockLength="43""#, "a block of 43 bytes, but its fields end at 44"),
        (r#"blockLength="48""#, r#"blockLength="65536""#, "at most 65535"),
        (r#"blockLength="6""#, r#"blockLength="256""#, "longer than its dimensions can say"),
        (r#"byteOrder="littleEndian""#, r#"byteOrder="bigEndian""#, "byteOrder must be littleEndian"),
        (r#"<type name="templateId" primitiveType="uint16"/>"#, r#"<type name="templateId" primitiveType="uint32"/>"#, "messageHeader must be"),
        (r#"<type name="numInGroup" primitiveType="uint16"/>"#, r#"<type name="numInGroup" primitiveType="uint32"/>"#, "dimensions of a group are"),
        // Names and numbers that are there twice.
        (r#"name="weights" id="1""#, r#"name="mark" id="1""#, "a second one of this name"),
        (r#"name="mark" id="2""#, r#"name="mark" id="1""#, "a second field of this id"),
        (r#"name="fills" id="20""#, r#"name="fills" id="11""#, "a second field of this id"),
        (r#"name="Basket" id="2""#, r#"name="Basket" id="1""#, "a second message of this id"),
        (r#"name="Basket" id="2""#, r#"name="Quote" id="2""#, "a second one of this name"),
        (r#"<type name="Level""#, r#"<type name="Name""#, "a second type of this name"),
        (r#"name="Indicative">I<"#, r#"name="Indicative">F<"#, "a second one of this value"),
        (r#"name="Indicative">I<"#, r#"name="Firm">I<"#, "a second one of this name"),
        (r#"name="Hidden">31<"#, r#"name="Hidden">0<"#, "a second one of this value"),
        // Values that do not fit.
        (r#"name="Hidden">31<"#, r#"name="Hidden">32<"#, "does not fit the encodingType"),
        (r#"name="sell">2<"#, r#"name="sell">256<"#, "does not fit the encodingType"),
        (r#"name="sell">2<"#, r#"name="sell">255<"#, "the null value of its type"),
        (r#"name="Firm">F<"#, r#"name="Firm">Firm<"#, "does not fit the encodingType"),
        (r#"presence="constant">-2<"#, r#"presence="constant">-200<"#, "its value does not fit its type"),
        (r#"presence="constant" length="6""#, r#"presence="constant" length="3""#, "its value does not fit its type"),
        (r#"nullValue="999""#, r#"nullValue="65536""#, "nullValue does not fit"),
        (r#"nullValue="999""#, r#"nullValue="none""#, "no number that fits"),
        (r#"presence="optional" nullValue="999""#, r#"nullValue="999""#, "nullValue without presence"),
        (r#"presence="constant">-2<"#, r#">-2<"#, "a value without presence"),
        (r#"name="mark" id="2" type="char""#, r#"name="mark" id="2" type="char" presence="optional""#, "presence and type disagree"),
        (r#"presence="constant" valueRef="Side.sell""#, r#"presence="constant""#, "presence and type disagree"),
        // Names that Rust cannot have.
        (r#"<field name="mark""#, r#"<field name="match""#, "a word of Rust"),
        (r#"<field name="mark""#, r#"<field name="1mark""#, "is no name"),
        (r#"<field name="mark""#, r#"<field"#, r#"attribute "name" is missing"#),
        // What an older reader could not skip.
        (r#"offset="36" sinceVersion="1""#, r#"offset="36" sinceVersion="2""#, "sinceVersion 2, but the schema has version 1"),
        (r#"name="mark" id="2" type="char"/>"#, r#"name="mark" id="2" type="char"/><field name="new" id="90" type="char" sinceVersion="1"/><field name="old" id="91" type="char"/>"#, "older readers could not skip this"),
        (r#"name="legs" id="10""#, r#"name="legs" id="10" sinceVersion="1""#, "older readers could not skip this"),
        (r#"name="note" id="14" type="VarText""#, r#"name="note" id="14" type="VarText" sinceVersion="1""#, "entries of a group grow only by fields"),
        (r#"<type name="desk" primitiveType="uint16"/>"#, r#"<type name="desk" primitiveType="uint16" sinceVersion="1"/>"#, "a composite never grows"),
        (r#"<type name="Weights""#, r#"<type sinceVersion="1" name="Weights""#, "its type appears in a later version"),
        (r#"<data name="text" id="15" type="VarText"/>"#, r#"<data name="text" id="15" type="VarText"/><field name="late" id="90" type="char"/>"#, "fields come first, then groups, then data"),
    ];
    for (from, to, expected) in cases {
        let said = said(from, to);
        assert!(said.contains(expected), "{to}\n  expected {expected}\n  said     {said}");
        assert!(said.starts_with("quotes.xml:"), "{said}");
    }
}

#[test]
fn the_line_is_that_of_the_faulty_element() {
    let from = r#"name="mark" id="2" type="char""#;
    let said = said(from, r#"name="mark" id="2" type="text""#);
    let place = format!("quotes.xml:{}: <field name=\"mark\">: ", line(from));
    assert!(said.starts_with(&place), "{said} is not at {place}");
}

#[test]
fn a_name_that_generated_code_needs_is_refused() {
    let xml = SOUND.replace("\"Level\"", "\"Writer\"");
    let error = generate(&[("quotes.xml", &xml)]).unwrap_err().to_string();
    assert!(error.contains("the name Writer is taken"), "{error}");
    let xml = SOUND.replace("\"Ping\"", "\"Kind\"");
    let error = generate(&[("quotes.xml", &xml)]).unwrap_err().to_string();
    assert!(error.contains("the name of message Kind is taken"), "{error}");
}

#[test]
fn schemas_share_types_that_are_equal_and_no_others() {
    let other = SOUND.replace("package=\"quotes\"", "package=\"others\"");
    let worded = other.replace("A price in hundredths", "In other words");
    let both = generate(&[("a.xml", SOUND), ("b.xml", &worded)]).unwrap();
    let names: Vec<&str> = both.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["types", "quotes", "others"]);
    assert_eq!(both[0].1.matches("pub struct Cents ").count(), 1);

    let differs = other.replace("name=\"Hidden\">31<", "name=\"Hidden\">30<");
    let error = generate(&[("a.xml", SOUND), ("b.xml", &differs)]).unwrap_err().to_string();
    let place = line("<set name=\"Flags\"");
    let expected = format!("b.xml:{place}: Flags is not the same as in a.xml:{place}");
    assert!(error.starts_with(&expected), "{error}");
}
