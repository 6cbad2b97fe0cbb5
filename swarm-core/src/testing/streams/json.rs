//! Changes lines of JSON, with what they mean or without.

use serde_json::{Value, json};

use super::dice::Dice;

/// The same value with the keys of every object in another order.
pub(super) fn shuffled(value: &Value, dice: &mut Dice, to: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            dice.shuffle(&mut fields);
            to.push('{');
            for (at, (key, value)) in fields.into_iter().enumerate() {
                comma(at, to);
                to.push_str(&json!(key).to_string());
                to.push(':');
                shuffled(value, dice, to);
            }
            to.push('}');
        }
        Value::Array(items) => {
            to.push('[');
            for (at, item) in items.iter().enumerate() {
                comma(at, to);
                shuffled(item, dice, to);
            }
            to.push(']');
        }
        plain => to.push_str(&plain.to_string()),
    }
}

fn comma(at: usize, to: &mut String) {
    if at > 0 {
        to.push(',');
    }
}

/// Changes one place in a value, at any depth: takes a key away, renames it, or
/// puts something else in the place of what it holds.
pub(super) fn disturb(value: &mut Value, dice: &mut Dice) {
    // The deeper, the more places there are: go down more often than not.
    let descend = !dice.one_in(4);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let keys: Vec<String> = fields.keys().cloned().collect();
            let Some(key) = dice.pick(&keys) else { return };
            if descend {
                if let Some(inner) = fields.get_mut(key) {
                    disturb(inner, dice);
                }
                return;
            }
            match dice.below(4) {
                0 | 1 => drop(fields.remove(key)),
                2 => drop(fields.insert(key.clone(), odd(dice))),
                _ => {
                    let moved = fields.remove(key).unwrap_or_default();
                    let other = dice.pick(&keys).unwrap_or(key).clone();
                    fields.insert(other, moved);
                }
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = dice.below(items.len());
            match dice.below(4) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                _ => disturb(&mut items[at], dice),
            }
        }
        plain => *plain = odd(dice),
    }
}

/// What no reader expects.
fn odd(dice: &mut Dice) -> Value {
    match dice.below(16) {
        0 => Value::Null,
        1 => json!(dice.one_in(2)),
        2 => json!(u64::MAX),
        3 => json!(i64::MIN),
        4 => json!(1e300),
        5 => json!(-0.5),
        6 => json!([]),
        7 => json!({}),
        8 => json!(""),
        9 => json!("\u{2028}\0\u{feff}\u{1f680}"),
        10 => json!("x".repeat(dice.below(5000))),
        11 => json!([[{"type": "text", "text": "swarm:n0 DONE"}], 1]),
        12 => nested(dice.below(200)),
        13 => json!(dice.next() >> dice.below(64)),
        14 => json!("try again at Nov 31st, 99999 13:60 XM"),
        _ => json!("error"),
    }
}

fn nested(depth: usize) -> Value {
    let mut value = json!("deep");
    for level in 0..depth {
        value = if level % 2 == 0 {
            json!([value])
        } else {
            json!({"content": value})
        };
    }
    value
}
