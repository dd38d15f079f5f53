import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import type { H3Event } from 'h3';

import { saidChecksum } from './checksum.ts';
import { IncomingBody } from './incoming-body.ts';
import type { MountedUploads, TusRequest } from './mounted-uploads.ts';
import { bringsContent, checkProtocol, methodOf, tusHeaders } from './protocol.ts';
import { problemOf } from './tus-problems.ts';

interface Call extends TusRequest {
  readonly body: IncomingBody;
}

/**
 * Answers a request of the tus protocol: of the place where uploads are made, or of the upload that the path names.
 *
 * @throws {Problem}
 * @see https://tus.io/protocols/resumable-upload
 */
export async function answerUpload(event: H3Event, named?: string): Promise<Response> {
  const response = event.runtime?.node?.res as ServerResponse; // there is no HTTP/2 here
  response.setHeader('tus-resumable', '1.0.0'); // here, so that problems have it too
  const body = new IncomingBody(event);
  try {
    const method = methodOf(event.req, named);
    const headers = tusHeaders(event.req.headers);
    checkProtocol(method, headers);
    const { uploads } = event.context.service;
    const mount = named === undefined ? uploads.mountFor(headers) : await uploads.holderOf(named);
    return await answer(mount, { method, id: named ?? randomUUID(), headers, body });
  } catch (error) {
    throw body.fault ?? problemOf(error);
  }
}

async function answer(mount: MountedUploads, call: Call): Promise<Response> {
  try {
    const checksum = bringsContent(call) ? saidChecksum(call.headers) : undefined;
    if (!checksum) return await mount.answer(call, call.body.stream());
    await using verified = await mount.verified(call, { content: call.body.stream(), checksum });
    return await mount.answer(call, verified.stream());
  } catch (error) {
    if (call.method === 'POST') await mount.forget(call.id); // nobody has been told of it
    throw error;
  }
}
