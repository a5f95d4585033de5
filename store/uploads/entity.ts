import { defineEntity, p } from '@mikro-orm/core';
import { uploadStates } from './types.ts';

/** Contents that arrive in pieces, each of which is an object until all of them are one. */
export const uploads = defineEntity({
  name: 'Upload',
  tableName: 'uploads',
  indexes: [{ name: 'uploads_oldest', properties: ['updatedAt', 'id'] }],
  properties: {
    id: p.text().primary(),
    projectId: p.text(),
    /** The name that the client gives the file. */
    path: p.text().nullable(),
    /** `Upload-Metadata` as the client sent it. */
    metadata: p.text(),
    bytes: p.bigint(),
    /** Hash of the content: announced by the client, or found when all of it had arrived. */
    sha256: p.text().nullable(),
    /** Bytes that have arrived and are kept. */
    received: p.bigint(),
    state: p.enum(uploadStates),
    createdBy: p.text(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

export const uploadPieces = defineEntity({
  name: 'UploadPiece',
  tableName: 'upload_pieces',
  primaryKeys: ['uploadId', 'start'],
  properties: {
    uploadId: p.manyToOne(uploads).mapToPk().joinColumn('upload_id').index(false).primary(),
    start: p.bigint().primary(),
    bytes: p.bigint(),
    key: p.text(),
  },
});
