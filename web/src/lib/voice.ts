// SPDX-License-Identifier: EUPL-1.2
// Records a voice message and its shape. What the microphone hears stays in the page until it is sent.

const POINTS = 64; // of the waveform that goes along
const LOOK_EVERY = 60; // milliseconds
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

export interface Recording {
  file: File;
  duration: number; // milliseconds
  waveform: Uint8Array;
}

export class Recorder {
  private readonly levels: number[] = [];
  private readonly parts: Blob[] = [];
  private readonly begin = Date.now();
  private readonly timer: ReturnType<typeof setInterval>;

  private constructor(
    private readonly stream: MediaStream,
    private readonly media: MediaRecorder,
    private readonly context: AudioContext,
    heard: (level: number, milliseconds: number) => void,
  ) {
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    media.ondataavailable = (event) => this.parts.push(event.data);
    media.start(1000);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      // As ears do: from -60 dB to 0.
      const level = Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-9) + 60) / 60));
      this.levels.push(level);
      heard(level, Date.now() - this.begin);
    }, LOOK_EVERY);
  }

  static async start(heard: (level: number, milliseconds: number) => void): Promise<Recorder> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const type = TYPES.find((known) => MediaRecorder.isTypeSupported(known));
    try {
      const media = new MediaRecorder(stream, type === undefined ? {} : { mimeType: type, audioBitsPerSecond: 32_000 });
      return new Recorder(stream, media, new AudioContext(), heard);
    } catch (error) {
      stream.getTracks().forEach((track) => track.stop()); // or it would be listened to for ever
      throw error;
    }
  }

  /** Ends it; `name` is what the file is called. */
  async stop(name: string): Promise<Recording> {
    const duration = Date.now() - this.begin;
    if (this.media.state !== "inactive") {
      const ended = new Promise((resolve) => this.media.addEventListener("stop", resolve, { once: true }));
      this.media.stop();
      await ended;
    }
    this.release();
    const type = this.media.mimeType.split(";")[0]!;
    const ending = type === "audio/mp4" ? "m4a" : type === "audio/ogg" ? "ogg" : "webm";
    return { file: new File(this.parts, `${name}.${ending}`, { type }), duration, waveform: this.shape() };
  }

  cancel(): void {
    if (this.media.state !== "inactive") {
      this.media.stop(); // it ends by itself where the microphone is pulled out
    }
    this.release();
  }

  private release(): void {
    clearInterval(this.timer);
    this.stream.getTracks().forEach((track) => track.stop());
    void this.context.close().catch(() => {});
  }

  private shape(): Uint8Array {
    const points = Math.min(POINTS, Math.max(1, this.levels.length));
    const loudest = Math.max(0.05, ...this.levels);
    return Uint8Array.from({ length: points }, (_, i) => {
      const part = this.levels.slice(Math.floor((i * this.levels.length) / points), Math.ceil(((i + 1) * this.levels.length) / points));
      return Math.round((255 * Math.max(0, ...part)) / loudest);
    });
  }
}

/** Seconds as people read them: 1:05. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
