//! Names of the XML as Rust spells them.

/// Words that are no field name in Rust.
const KEYWORDS: &str = " abstract as async await become box break const continue crate do dyn \
    else enum extern false final fn for gen if impl in let loop macro match mod move mut override \
    priv pub ref return self static struct super trait true try type typeof unsafe unsized use \
    virtual where while yield ";

/// Names that generated code needs for itself.
const TAKEN: &str = " Message MessageHeader DecodeError Some None Option Result Ok Err Self Copy \
    Clone Debug Cursor Group Take Writer FromBytes IntoBytes Immutable KnownLayout Unaligned U16 \
    U32 U64 I16 I32 I64 Text Decimal ";

/// Refuses what cannot be a Rust name.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let mut bytes = name.bytes();
    if !bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        || !bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return Err(format!("{name:?} is no name: use letters, digits and underscores"));
    }
    Ok(())
}

/// Whether a field of this name would be a word of Rust.
pub(crate) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&format!(" {} ", snake(name)))
}

/// Whether a type or message of this name would hide one that generated code needs.
pub(crate) fn is_taken(name: &str) -> bool {
    TAKEN.contains(&format!(" {} ", pascal(name)))
}

/// `clOrdId` and `ClOrdID` become `cl_ord_id`.
pub(crate) fn snake(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut out = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or(b'_');
        let after = bytes.get(at + 1).copied().unwrap_or(b'_');
        let starts = byte.is_ascii_uppercase()
            && before != b'_'
            && (!before.is_ascii_uppercase() || after.is_ascii_lowercase());
        if starts {
            out.push('_');
        }
        out.push(char::from(byte.to_ascii_lowercase()));
    }
    out
}

/// `POSS_DUP` for `PossDup`.
pub(crate) fn screaming(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// `clOrdId` and `cl_ord_id` become `ClOrdId`; what is Pascal already stays.
pub(crate) fn pascal(name: &str) -> String {
    name.split('_')
        .filter_map(|word| word.split_at_checked(1))
        .map(|(first, rest)| first.to_ascii_uppercase() + rest)
        .collect()
}
