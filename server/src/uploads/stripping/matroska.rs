//! WebM and Matroska (RFC 9559): tags and attachments are overwritten as elements that say nothing.

use super::WrongStructure;

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const TAGS: u32 = 0x1254_c367;
const ATTACHMENTS: u32 = 0x1941_a469;
/// Elements in a segment, at which a cluster of unknown length ends.
const IN_SEGMENT: [u32; 8] =
    [0x114d_9b74, 0x1549_a966, CLUSTER, 0x1654_ae6b, 0x1c53_bb6b, ATTACHMENTS, 0x1043_a770, TAGS];
const VOID: u8 = 0xec;

/// Element: its identity, where its content begins, and where that ends; none for an unknown length.
struct Element {
    id: u32,
    content: usize,
    end: Option<usize>,
}

/// Overwrites tags and attachments of a file in place.
///
/// # Errors
/// [`WrongStructure`].
pub fn strip_matroska(file: &mut [u8]) -> Result<(), WrongStructure> {
    let (mut at, mut gone) = (0, Vec::new());
    while at < file.len() {
        let element = element(file, at)?;
        at = match element {
            // Its elements follow, also to the file's end.
            Element { id: SEGMENT, content, .. } | Element { id: CLUSTER, content, end: None } => {
                content
            }
            Element { id, end: Some(end), .. } if end <= file.len() => {
                if matches!(id, TAGS | ATTACHMENTS) {
                    gone.push(at..end);
                }
                end
            }
            // The last cluster of a file that broke off.
            Element { id, .. } if !matches!(id, TAGS | ATTACHMENTS) => file.len(),
            _ => return Err(WrongStructure),
        };
    }
    for range in gone {
        // Their heads have at least five bytes; a length of eight more fits, or one of one byte.
        let length = range.len();
        let element = &mut file[range];
        element.fill(0);
        element[0] = VOID;
        if length > 9 {
            let size = (length - 9) as u64 | 1 << 56;
            element[1..9].copy_from_slice(&size.to_be_bytes());
        } else {
            element[1] = 0x80 | (length - 2) as u8;
        }
    }
    Ok(())
}

fn element(file: &[u8], at: usize) -> Result<Element, WrongStructure> {
    let first = *file.get(at).ok_or(WrongStructure)?;
    let width = first.leading_zeros() as usize + 1;
    let id = file.get(at..at + width).filter(|_| width <= 4).ok_or(WrongStructure)?;
    let id = id.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    let at = at + width;
    let first = *file.get(at).ok_or(WrongStructure)?;
    let width = first.leading_zeros() as usize + 1;
    let size = file.get(at..at + width).filter(|_| width <= 8).ok_or(WrongStructure)?;
    let rest = size[1..].iter().fold(0_u64, |size, byte| size << 8 | u64::from(*byte));
    let size = rest | u64::from(first & !(0x80_u8 >> (width - 1))) << (8 * (width - 1));
    let unknown = size == (1 << (7 * width)) - 1;
    let content = at + width;
    let end = match usize::try_from(size) {
        Ok(size) if !unknown => content.checked_add(size),
        _ => None,
    };
    if end.is_none() && !unknown || unknown && !IN_SEGMENT.contains(&id) && id != SEGMENT {
        return Err(WrongStructure);
    }
    Ok(Element { id, content, end })
}
