import type { Kernel } from '../workers/base-zygote.ts';

/** `HEADY_PY_SANDBOX=require`, and a kernel that cannot confine processes. The message says what is missing. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}

/** @throws {SandboxError} the policy asks for what this kernel does not have. */
export function checkSandbox(policy: 'off' | 'auto' | 'require', { landlock, seccomp }: Kernel): void {
  if (policy !== 'require') return;
  const missing = [
    ...(landlock > 0 ? [] : ['Landlock (Linux 5.13 or newer, and switched on)']),
    ...(seccomp ? [] : ['seccomp filters (Linux on x86_64 or arm64)']),
  ];
  if (missing.length > 0)
    throw new SandboxError(
      `HEADY_PY_SANDBOX=require, and this kernel has no ${missing.join(' and no ')}. Set it to auto to run with what there is.`,
    );
}
