//! A signature as a finger draws it.

use crate::dice::Dice;

/// Width and height of the picture.
const SIZE: (u32, u32) = (360, 120);
/// Points of the stroke.
const POINTS: u16 = 900;

/// A stroke on a clear ground, as PNG.
///
/// # Errors
/// Only when the encoder fails, which a picture of fixed size does not make it do.
pub fn signature(seed: u64) -> Result<Vec<u8>, png::EncodingError> {
    let mut dice = Dice::new(seed ^ 0x5349_474e);
    let bent = |dice: &mut Dice, low: u64, high: u64| f64::from(u32::try_from(dice.between(low, high)).unwrap_or(1));
    let (waves, lean, height) = (bent(&mut dice, 4, 9), bent(&mut dice, 10, 30), bent(&mut dice, 18, 34));
    let mut pixels = vec![0_u8; (SIZE.0 * SIZE.1 * 4) as usize];
    for point in 0..POINTS {
        let along = f64::from(point) / f64::from(POINTS);
        let turn = along * waves * std::f64::consts::TAU;
        let x = 30.0 + along * 300.0 + turn.sin() * lean;
        let y = 60.0 + turn.cos() * height * (1.0 - along * 0.6);
        dot(&mut pixels, x, y);
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// A dark dot of three by three.
fn dot(pixels: &mut [u8], x: f64, y: f64) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped into the picture first")]
    let (left, top) = (x.clamp(1.0, f64::from(SIZE.0) - 3.0) as u32, y.clamp(1.0, f64::from(SIZE.1) - 3.0) as u32);
    for row in top..top + 3 {
        for column in left..left + 3 {
            let at = ((row * SIZE.0 + column) * 4) as usize;
            pixels[at..at + 4].copy_from_slice(&[22, 32, 64, 255]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_a_png_with_ink() {
        let bytes = signature(7).expect("a picture");
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut pixels).expect("a frame");
        let ink = pixels.chunks(4).filter(|pixel| pixel[3] == 255).count();
        assert!(ink > 1000, "{ink}");
        assert_eq!(bytes, signature(7).expect("a picture"));
    }
}
