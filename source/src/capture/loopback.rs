//! Capture elsewhere than on Linux, by cpal: an output opened as an input is what it plays (WASAPI's loopback on
//! Windows; a tap on macOS 14.6 and later).

use std::sync::{
    Arc,
    mpsc::{Sender, channel},
};
use std::thread::{self, JoinHandle};

use cpal::{
    BufferSize, Device, StreamConfig,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};

use super::{FrameSink, SoundDevice};
use crate::sound::{CHANNELS, FRAME_SAMPLES, RATE};

/// Mark of outputs among names.
const OUTPUT: &str = "output: ";

/// Inputs, and outputs of which one hears what they play.
pub fn devices() -> Result<Vec<SoundDevice>, String> {
    let told = |device: Device, is_output: bool| {
        let description = device.description().ok()?.name().to_owned();
        let mark = if is_output { OUTPUT } else { "" };
        Some(SoundDevice { name: format!("{mark}{description}"), description, is_output })
    };
    let host = cpal::default_host();
    let failed = |error: cpal::Error| error.to_string();
    let outputs = host.output_devices().map_err(failed)?.filter_map(|it| told(it, true));
    let inputs = host.input_devices().map_err(failed)?.filter_map(|it| told(it, false));
    Ok(outputs.chain(inputs).collect())
}

/// A capture that goes on until this is dropped.
pub struct LoopbackCapture {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for LoopbackCapture {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Begins to capture `device`, or what the computer plays.
pub fn start(device: Option<&str>, sink: FrameSink) -> Result<LoopbackCapture, String> {
    let device = device.map(str::to_owned);
    let (stop, stopped) = channel::<()>();
    let (say, begun) = channel();
    // Streams stay in the thread that has made them.
    let thread = thread::spawn(move || match open(device.as_deref(), sink) {
        Ok(stream) => {
            let _ = say.send(Ok(()));
            let _ = stopped.recv();
            drop(stream);
        }
        Err(why) => drop(say.send(Err(why))),
    });
    begun.recv().map_err(|_| "The capture has failed.".to_owned())??;
    Ok(LoopbackCapture { stop: Some(stop), thread: Some(thread) })
}

fn open(name: Option<&str>, mut sink: FrameSink) -> Result<cpal::Stream, String> {
    let host = cpal::default_host();
    let failed = |error: cpal::Error| error.to_string();
    let called =
        |device: &Device, name: &str| device.description().is_ok_and(|it| it.name() == name);
    let device = match name {
        None => host.default_output_device(),
        Some(name) => match name.strip_prefix(OUTPUT) {
            Some(name) => host.output_devices().map_err(failed)?.find(|it| called(it, name)),
            None => host.input_devices().map_err(failed)?.find(|it| called(it, name)),
        },
    };
    let device = device.ok_or("There is no such device. They are listed by: devices")?;
    let config = StreamConfig {
        channels: CHANNELS as u16,
        sample_rate: RATE,
        buffer_size: BufferSize::Default,
    };
    let mut rest = Vec::with_capacity(2 * FRAME_SAMPLES);
    let heard = move |samples: &[f32], _: &cpal::InputCallbackInfo| {
        rest.extend_from_slice(samples);
        while let Some((frame, _)) = rest.split_first_chunk::<FRAME_SAMPLES>() {
            sink(Arc::new(*frame));
            rest.drain(..FRAME_SAMPLES);
        }
    };
    let stream = device.build_input_stream(config, heard, |_| {}, None).map_err(failed)?;
    stream.play().map_err(failed)?;
    Ok(stream)
}
