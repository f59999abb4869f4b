//! Breaking text into lines by the font's own advances.

use super::style::Style;
use crate::fonts::{face, printable};

/// Slack for sums of rounded advances: a line may be this much wider than its box.
const TOLERANCE: f32 = 0.01;

/// Lines no wider than `width`, broken at blanks; a word wider than the box breaks where it must.
///
/// Line feeds in the text stay; empty text gives no line.
pub(crate) fn wrap(text: &str, style: Style, width: f32) -> Vec<String> {
    let text = printable(text);
    let space = style.width(" ");
    let mut lines = Vec::new();
    for paragraph in text.trim_end().split('\n') {
        let mut line = String::new();
        let mut used = 0.0;
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            let wide = style.width(word);
            if !line.is_empty() && used + space + wide > width + TOLERANCE {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            if !line.is_empty() {
                line.push(' ');
                used += space;
            }
            if wide > width + TOLERANCE {
                let mut pieces = break_anywhere(word, style, width);
                line = pieces.pop().unwrap_or_default();
                used = style.width(&line);
                lines.append(&mut pieces);
            } else {
                line.push_str(word);
                used += wide;
            }
        }
        lines.push(line);
    }
    if lines.iter().all(String::is_empty) {
        lines.clear();
    }
    lines
}

/// Lines filled to `width`, broken at any character: for seals and cadenas, which have no blanks.
pub(crate) fn wrap_anywhere(text: &str, style: Style, width: f32) -> Vec<String> {
    break_anywhere(&printable(text).replace('\n', " "), style, width)
}

fn break_anywhere(text: &str, style: Style, width: f32) -> Vec<String> {
    let face = face(style.weight);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0.0;
    for character in text.chars() {
        let wide = face.character_width(character, style.size);
        if !line.is_empty() && used + wide > width + TOLERANCE {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        line.push(character);
        used += wide;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_too_wide_for_its_box_breaks_inside() {
        let lines = wrap("clave 39121009391210093912100939121009 fin", Style::BODY, 60.0);
        assert_eq!(lines.concat().replace(' ', ""), "clave39121009391210093912100939121009fin");
        assert!(lines.iter().all(|line| Style::BODY.width(line) <= 60.02));
        assert!(lines.len() >= 4);
    }

    #[test]
    fn line_feeds_stay_and_emptiness_has_no_lines() {
        assert_eq!(wrap("uno\n\ndos", Style::BODY, 100.0), ["uno", "", "dos"]);
        assert!(wrap(" \n ", Style::BODY, 100.0).is_empty());
    }

    proptest! {
        #[test]
        fn wrapping_loses_no_character_and_no_line_overflows(text in "[a-zñáA-Z0-9 ]{0,200}", width in 20.0f32..300.0) {
            let lines = wrap(&text, Style::BODY, width);
            let bare = |text: &str| text.replace(' ', "");
            prop_assert_eq!(bare(&lines.concat()), bare(&text));
            prop_assert!(lines.iter().all(|line| Style::BODY.width(line) <= width + 0.05));
        }

        #[test]
        fn a_seal_keeps_every_character(seal in "[A-Za-z0-9+/|=]{0,900}", width in 20.0f32..300.0) {
            let lines = wrap_anywhere(&seal, Style::SEAL, width);
            prop_assert_eq!(lines.concat(), seal);
            prop_assert!(lines.iter().all(|line| Style::SEAL.width(line) <= width + 0.05));
        }
    }
}
