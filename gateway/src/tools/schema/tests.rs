//! What is printed says every byte: messages are made again from it.

use super::*;
use proptest::prelude::*;
use serde_json::Value;

/// The bytes of a message from what [`Schema::json`] printed of it.
fn encode(schema: &Schema, template_id: u16, json: &Value) -> Vec<u8> {
    let (_, level) = &schema.messages[&template_id];
    let mut bytes = Vec::new();
    for field in [block_length(level, json) as u16, template_id, schema.id, 0] {
        bytes.extend(field.to_le_bytes());
    }
    put_level(level, json, &mut bytes);
    bytes
}

fn block_length(level: &Level, json: &Value) -> usize {
    level.block_length + json.get("moreBytes").map_or(0, |more| unhex(more).len())
}

/// Each group of a message, with two entries.
fn two_entries(level: &Level, mut byte: impl FnMut() -> u8) -> Vec<u8> {
    let mut out = Vec::new();
    for group in &level.groups {
        let length = group.level.block_length;
        for (prim, value) in [(group.dimensions.0, length), (group.dimensions.1, 2)] {
            out.extend(&value.to_le_bytes()[..prim.bytes]);
        }
        out.extend((0..2 * length).map(|_| byte()));
    }
    out
}

fn put_level(level: &Level, json: &Value, bytes: &mut Vec<u8>) {
    let mut block = vec![0; level.block_length];
    put_fields(&level.fields, json, &mut block);
    bytes.extend(block);
    bytes.extend(json.get("moreBytes").map_or(Vec::new(), unhex));
    for group in &level.groups {
        let entries = json[&group.name].as_array().unwrap();
        let length = group.level.block_length as i128;
        for (prim, value) in
            [(group.dimensions.0, length), (group.dimensions.1, entries.len() as i128)]
        {
            bytes.extend(&value.to_le_bytes()[..prim.bytes]);
        }
        entries.iter().for_each(|entry| put_level(&group.level, entry, bytes));
    }
    for (name, prim) in &level.data {
        let data = text_bytes(&json[name]);
        bytes.extend(&(data.len() as u64).to_le_bytes()[..prim.bytes]);
        bytes.extend(data);
    }
}

fn put_fields(fields: &[Field], json: &Value, block: &mut [u8]) {
    for field in fields {
        let place = &mut block[field.offset..field.offset + field.kind.size()];
        put(&field.kind, &json[&field.name], place);
    }
}

fn put(kind: &Kind, json: &Value, place: &mut [u8]) {
    let mut set = |value: i128| {
        let bytes = place.len();
        place.copy_from_slice(&value.to_le_bytes()[..bytes]);
    };
    let code = |known: &[(i128, String)], json: &Value| match json.as_str() {
        Some(name) => known.iter().find(|(_, known)| known == name).unwrap().0,
        None => json.to_string().parse().unwrap(),
    };
    match kind {
        Kind::Number(_) => set(json.to_string().parse().unwrap()),
        Kind::Optional(_, null) if json.is_null() => set(*null),
        Kind::Optional(..) => set(json.to_string().parse().unwrap()),
        Kind::Decimal(_, null, _) if json.is_null() => set(null.unwrap()),
        Kind::Decimal(_, _, exponent) => set(mantissa(json.as_str().unwrap(), *exponent)),
        Kind::Enum(_, values) => set(code(values, json)),
        Kind::Set(_, choices) => {
            let choices: Vec<_> =
                choices.iter().map(|(bit, name)| (i128::from(*bit), name.clone())).collect();
            set(json.as_array().unwrap().iter().map(|choice| 1 << code(&choices, choice)).sum());
        }
        Kind::Numbers(prim, _) => {
            let values = json.as_array().unwrap();
            for (place, value) in place.chunks_mut(prim.bytes).zip(values) {
                put(&Kind::Number(*prim), value, place);
            }
        }
        Kind::Text(_) => {
            let text = text_bytes(json);
            place[..text.len()].copy_from_slice(&text);
        }
        Kind::Composite(fields) => put_fields(fields, json, place),
        Kind::Constant(_) => {}
    }
}

fn mantissa(decimal: &str, exponent: i8) -> i128 {
    let (whole, part) = decimal.split_once('.').unwrap_or((decimal, ""));
    let digits = usize::from(exponent.unsigned_abs());
    format!("{whole}{part:0<digits$}").parse().unwrap()
}

fn text_bytes(json: &Value) -> Vec<u8> {
    json.as_str().map_or_else(|| unhex(json), |text| text.as_bytes().to_vec())
}

fn unhex(json: &Value) -> Vec<u8> {
    let digits = json["hex"].as_str().unwrap();
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn check_round_trip(schema: &Schema, template_id: u16, message: &[u8]) {
    let mut told = String::new();
    schema.json(message, &mut told).unwrap();
    let json: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(encode(schema, template_id, &json), message, "{told}");
}

#[test]
fn the_schema_of_the_journal_has_the_messages_and_sizes_of_the_generated_code() {
    let schema = Schema::journal();
    assert!(schema.messages.len() >= 40);
    for template_id in 0..200 {
        assert_eq!(schema.name(template_id), sbe_schemas::journal::name(template_id));
    }
    use sbe_schemas::header::Message;
    use sbe_schemas::journal as j;
    for (template, length) in [
        (j::NewOrder::TEMPLATE_ID, j::NewOrder::BLOCK_LENGTH),
        (j::InstrumentDefine::TEMPLATE_ID, j::InstrumentDefine::BLOCK_LENGTH),
        (j::Tick::TEMPLATE_ID, j::Tick::BLOCK_LENGTH),
    ] {
        assert_eq!(schema.messages[&template].1.block_length, usize::from(length));
    }
}

/// The second opinion: every value that is printed stands in what the generated code prints.
#[test]
fn the_generated_code_says_the_same_of_every_field() {
    let schema = Schema::journal();
    let mut dice = engine::fake_log::Dice(11);
    for (template_id, (name, level)) in &schema.messages {
        for _ in 0..50 {
            let mut message = Vec::new();
            for field in [level.block_length as u16, *template_id, schema.id, 0] {
                message.extend(field.to_le_bytes());
            }
            message.extend((0..level.block_length).map(|_| dice.below(3) as u8));
            message.extend(two_entries(level, || dice.below(3) as u8));
            let (mut json, mut text) = (String::new(), String::new());
            schema.json(&message, &mut json).unwrap();
            sbe_schemas::journal::describe(&message, &mut text).unwrap();
            let json: Value = serde_json::from_str(&json).unwrap();
            assert!(text.starts_with(name), "{text}");
            for field in &level.fields {
                let value = match &field.kind {
                    Kind::Set(..) | Kind::Composite(_) | Kind::Text(_) => continue,
                    _ => &json[&field.name],
                };
                let value = match value {
                    Value::String(value) => value.clone(),
                    Value::Null => "-".into(),
                    other => other.to_string(),
                };
                let pair = format!("{}={value}", field.name);
                assert!(format!("{text} ").contains(&format!("{pair} ")), "{text}: no {pair}");
            }
        }
    }
}

proptest! {
    #[test]
    fn every_message_of_the_journal_can_be_made_again_from_what_is_printed(
        block in proptest::collection::vec(any::<u8>(), 512),
        more in proptest::collection::vec(any::<u8>(), 0..4),
        small in any::<bool>(),
    ) {
        let schema = Schema::journal();
        for (template_id, (_, level)) in &schema.messages {
            let mut message = Vec::new();
            let length = level.block_length + more.len();
            for field in [length as u16, *template_id, schema.id, 0] {
                message.extend(field.to_le_bytes());
            }
            // Random bytes are unknown enum values; small ones are known.
            message.extend(block[..level.block_length].iter().map(|b| if small { b % 5 } else { *b }));
            message.extend(&more);
            let mut bytes = block.iter().cycle();
            message.extend(two_entries(level, || bytes.next().map_or(0, |b| if small { b % 5 } else { *b })));
            check_round_trip(&schema, *template_id, &message);
        }
    }
}

#[test]
fn groups_and_data_are_printed_and_can_be_made_again() {
    let schema = Schema::read(
        r#"<s:messageSchema xmlns:s="http://fixprotocol.io/2016/sbe" package="x" id="9" version="0"><types>
        <composite name="groupSizeEncoding"><type name="blockLength" primitiveType="uint16"/>
        <type name="numInGroup" primitiveType="uint8"/></composite>
        <composite name="varData"><type name="length" primitiveType="uint16"/>
        <type name="varData" primitiveType="uint8" length="0"/></composite>
        <enum name="Letter" encodingType="char"><validValue name="A">a</validValue></enum></types>
        <s:message name="M" id="1"><field name="letter" id="1" type="Letter"/>
        <group name="legs" id="2"><field name="n" id="3" type="int16"/><data name="why" id="4" type="varData"/></group>
        <data name="note" id="5" type="varData"/></s:message></s:messageSchema>"#,
    )
    .unwrap();
    let mut message = vec![1, 0, 1, 0, 9, 0, 0, 0, b'a'];
    message.extend([2, 0, 2, 0xff, 0xff, 2, 0, b'h', b'"', 5, 0, 0, 0, 3, 0, 1, 2, 255]);
    let mut told = String::new();
    schema.json(&message, &mut told).unwrap();
    let expected =
        r#"{"letter":"A","legs":[{"n":-1,"why":"h\""},{"n":5,"why":""}],"note":{"hex":"0102ff"}}"#;
    assert_eq!(told, expected);
    check_round_trip(&schema, 1, &message);
    for length in 0..message.len() {
        assert!(schema.json(&message[..length], &mut told).is_none(), "cut at {length}");
    }
    assert_eq!(told, expected, "what cannot be read leaves nothing behind");
}
