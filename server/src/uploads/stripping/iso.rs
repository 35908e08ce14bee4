//! MP4 and QuickTime (ISO 14496-12). What is taken out is overwritten: no byte of the media moves, so no table of
//! offsets changes.

use std::ops::Range;

use super::{WrongStructure, long};

/// Boxes that are kept in others; all else is overwritten, whatever it is: camera makers have invented many boxes
/// that tell a place.
const TOP: &[&[u8; 4]] =
    &[b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"ssix", b"mfra", b"wide", b"pdin"];
const MOOV: &[&[u8; 4]] = &[b"mvhd", b"trak", b"mvex", b"iods", b"pssh"];
const TRAK: &[&[u8; 4]] = &[b"tkhd", b"tref", b"edts", b"mdia", b"load", b"tapt"];
const MDIA: &[&[u8; 4]] = &[b"mdhd", b"hdlr", b"minf", b"elng"];
const MINF: &[&[u8; 4]] = &[b"vmhd", b"smhd", b"sthd", b"nmhd", b"gmhd", b"hdlr", b"dinf", b"stbl"];
const MOOF: &[&[u8; 4]] = &[b"mfhd", b"traf", b"pssh"];
const TRAF: &[&[u8; 4]] = &[
    b"tfhd", b"tfdt", b"trun", b"sdtp", b"sbgp", b"sgpd", b"subs", b"saiz", b"saio", b"senc",
    b"tfxd",
];
/// Kinds of tracks that are seen or heard, or count frames. Of others, as of sensors, the samples are overwritten, too;
/// also of texts: drones write into subtitles where they are.
const HANDLERS: &[&[u8; 4]] = &[b"vide", b"soun", b"clcp", b"tmcd"];
/// The most boxes that are looked at.
const MAX_BOXES: usize = 20_000;

/// Box in a file.
#[derive(Clone, Debug)]
struct BoxAt {
    name: [u8; 4],
    start: usize,
    content: Range<usize>,
}

/// Overwrites all metadata of a file in place.
///
/// # Errors
/// [`WrongStructure`], also where samples of a track can't be told from others.
pub fn strip_iso(file: &mut [u8]) -> Result<(), WrongStructure> {
    let top = boxes(file, 0..file.len())?;
    let has = |name: &[u8; 4]| top.iter().any(|it| it.name == *name);
    if !has(b"moov") {
        return Err(WrongStructure);
    }
    let fragmented = has(b"moof");
    for it in &top {
        match &it.name {
            b"moov" => strip_moov(file, it, fragmented)?,
            b"moof" => {
                for inner in strip_others(file, it.content.clone(), MOOF)? {
                    if &inner.name == b"traf" {
                        strip_others(file, inner.content.clone(), TRAF)?;
                    }
                }
            }
            name if TOP.contains(&name) => {}
            _ => erase(file, it),
        }
    }
    Ok(())
}

fn strip_moov(file: &mut [u8], moov: &BoxAt, fragmented: bool) -> Result<(), WrongStructure> {
    let inner = strip_others(file, moov.content.clone(), MOOV)?;
    for track in inner.iter().filter(|it| &it.name == b"trak") {
        let parts = strip_others(file, track.content.clone(), TRAK)?;
        let mdia = find(&parts, b"mdia").ok_or(WrongStructure)?;
        let media = strip_others(file, mdia.content.clone(), MDIA)?;
        let handler = find(&media, b"hdlr").ok_or(WrongStructure)?;
        let kind = handler.content.start + 8;
        let kind = file.get(kind..kind + 4).ok_or(WrongStructure)?;
        let is_kept = HANDLERS.iter().any(|it| kind == *it);
        let minf = find(&media, b"minf").ok_or(WrongStructure)?;
        let tables = strip_others(file, minf.content.clone(), MINF)?;
        if is_kept {
            continue;
        }
        // Samples of fragments aren't in the table.
        if fragmented {
            return Err(WrongStructure);
        }
        let stbl = find(&tables, b"stbl").ok_or(WrongStructure)?;
        for samples in sample_ranges(file, stbl)? {
            file.get_mut(samples).ok_or(WrongStructure)?.fill(0);
        }
        erase(file, track);
    }
    Ok(())
}

/// Overwrites the boxes in a range that aren't named; answers the others.
fn strip_others(
    file: &mut [u8],
    range: Range<usize>,
    kept: &[&[u8; 4]],
) -> Result<Vec<BoxAt>, WrongStructure> {
    let (keep, gone): (Vec<_>, Vec<_>) =
        boxes(file, range)?.into_iter().partition(|it| kept.contains(&&it.name));
    for it in &gone {
        erase(file, it);
    }
    Ok(keep)
}

/// Makes a box free room.
fn erase(file: &mut [u8], it: &BoxAt) {
    file[it.start + 4..it.start + 8].copy_from_slice(b"free");
    file[it.content.clone()].fill(0);
}

fn find<'a>(boxes: &'a [BoxAt], name: &[u8; 4]) -> Option<&'a BoxAt> {
    boxes.iter().find(|it| it.name == *name)
}

/// The boxes in a range, which they fill.
fn boxes(file: &[u8], range: Range<usize>) -> Result<Vec<BoxAt>, WrongStructure> {
    let (mut at, mut found) = (range.start, Vec::new());
    while at < range.end {
        // QuickTime ends some lists of boxes by a number of four bytes, which is 0.
        if range.end - at < 8 && file[at..range.end].iter().all(|byte| *byte == 0) {
            break;
        }
        let size = long(file, at).ok_or(WrongStructure)?;
        let name = file.get(at + 4..at + 8).ok_or(WrongStructure)?;
        let name = name.try_into().map_err(|_| WrongStructure)?;
        let (head, size) = match size {
            0 => (8, range.end - at),
            1 => {
                let high = long(file, at + 8).ok_or(WrongStructure)?;
                let low = long(file, at + 12).ok_or(WrongStructure)?;
                let size = u64::from(high) << 32 | u64::from(low);
                (16, usize::try_from(size).map_err(|_| WrongStructure)?)
            }
            size => (8, size as usize),
        };
        let end = at.checked_add(size).ok_or(WrongStructure)?;
        if size < head || end > range.end || found.len() == MAX_BOXES {
            return Err(WrongStructure);
        }
        found.push(BoxAt { name, start: at, content: at + head..end });
        at = end;
    }
    Ok(found)
}

/// Where the samples of a track lie (ISO 14496-12 sections 8.7.2 to 8.7.5): a range for each chunk.
fn sample_ranges(file: &[u8], stbl: &BoxAt) -> Result<Vec<Range<usize>>, WrongStructure> {
    let tables = boxes(file, stbl.content.clone())?;
    let table = |name: &[u8; 4]| find(&tables, name).map(|it| &file[it.content.clone()]);
    let number = |table: &[u8], at: usize| long(table, at).map(|it| it as usize);
    let sizes = table(b"stsz").ok_or(WrongStructure)?;
    let (uniform, samples) = number(sizes, 4).zip(number(sizes, 8)).ok_or(WrongStructure)?;
    let size_of = |sample: usize| match uniform {
        0 => number(sizes, 12 + 4 * sample),
        size => (sample < samples).then_some(size),
    };
    let (offsets, width) = match (table(b"stco"), table(b"co64")) {
        (Some(offsets), _) => (offsets, 4),
        (None, Some(offsets)) => (offsets, 8),
        _ => return Err(WrongStructure),
    };
    let chunks = number(offsets, 4).ok_or(WrongStructure)?;
    if chunks > file.len() / 4 || samples > file.len() {
        return Err(WrongStructure);
    }
    let runs = table(b"stsc").ok_or(WrongStructure)?;
    let run_count = number(runs, 4).ok_or(WrongStructure)?;
    let (mut run, mut per_chunk, mut sample) = (0, 0, 0_usize);
    // All samples together are in the file: who invents tables keeps nobody busy.
    let (mut ranges, mut total) = (Vec::new(), 0_usize);
    for chunk in 0..chunks {
        while run < run_count && number(runs, 8 + 12 * run) == Some(chunk + 1) {
            per_chunk = number(runs, 12 + 12 * run).ok_or(WrongStructure)?;
            run += 1;
        }
        let at = 8 + width * chunk;
        let offset = match width {
            4 => number(offsets, at).ok_or(WrongStructure)?,
            _ if number(offsets, at) == Some(0) => number(offsets, at + 4).ok_or(WrongStructure)?,
            _ => return Err(WrongStructure),
        };
        let mut length = 0_usize;
        if per_chunk > samples - sample {
            return Err(WrongStructure);
        }
        for _ in 0..per_chunk {
            length += size_of(sample).ok_or(WrongStructure)?;
            sample += 1;
            if total + length > file.len() {
                return Err(WrongStructure);
            }
        }
        total += length;
        ranges.push(offset..offset.checked_add(length).ok_or(WrongStructure)?);
    }
    if sample == samples { Ok(ranges) } else { Err(WrongStructure) }
}
