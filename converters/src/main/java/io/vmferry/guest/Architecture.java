package io.vmferry.guest;

/** A guest's processor architecture, by its kernel and its {@code /bin/sh}. */
public enum Architecture {
  /** 64-bit x86. */
  X86_64,
  /** 64-bit Arm. */
  ARM64,
  /** 32-bit x86, which EC2 no longer boots. */
  I386,
  /** Any other. */
  OTHER
}
