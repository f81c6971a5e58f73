// SPDX-License-Identifier: EUPL-1.2
// The core's ordered map of byte strings in IndexedDB: keys are binary and compare there as the core wants it.
import { release, type Bytes, type Change, type ReadRange } from "./module";

const DATABASE = "weibel";
const RECORDS = "record";
const VERSION = 1;

export interface StoredRecord {
  key: Bytes;
  value: Bytes;
}

export interface Store {
  /** All of the changes or none; durable when it resolves. Their bytes are used up. */
  apply(changes: Change[]): Promise<void>;
  read(range: ReadRange): Promise<StoredRecord[]>;
  /** Deletes everything. */
  clear(): Promise<void>;
  close(): void;
}

/** Some browsers have this already: one call instead of a cursor's many. */
interface WithRecords {
  getAllRecords?(options: {
    query: IDBKeyRange;
    count: number;
    direction: IDBCursorDirection;
  }): IDBRequest<{ key: ArrayBuffer; value: Bytes }[]>;
}

function outcome<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the local store has failed"));
  });
}

function byCursor(records: IDBObjectStore, query: IDBKeyRange, range: ReadRange): Promise<StoredRecord[]> {
  return new Promise((resolve, reject) => {
    const found: StoredRecord[] = [];
    const request = records.openCursor(query, range.backwards ? "prev" : "next");
    request.onerror = () => reject(request.error ?? new Error("the local store has failed"));
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor !== null) {
        found.push({ key: new Uint8Array(cursor.key as ArrayBuffer), value: cursor.value as Bytes });
      }
      if (cursor === null || found.length === range.limit) {
        resolve(found);
      } else {
        cursor.continue();
      }
    };
  });
}

/** Durable when it resolves. */
function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("the local store has failed"));
  });
}

export async function openStore(): Promise<Store> {
  const request = indexedDB.open(DATABASE, VERSION);
  request.onupgradeneeded = () => request.result.createObjectStore(RECORDS);
  const database = await outcome(request);
  // Another version of this page wants to change the database: what is under way still ends.
  database.onversionchange = () => database.close();

  return {
    async apply(changes) {
      const transaction = database.transaction(RECORDS, "readwrite", { durability: "strict" });
      const records = transaction.objectStore(RECORDS);
      for (const change of changes) {
        if (change.value === null) {
          records.delete(change.key);
        } else {
          records.put(change.value, change.key); // which has copied it
          release(change.value);
        }
        release(change.key);
      }
      transaction.commit();
      await ended(transaction);
    },

    async clear() {
      const transaction = database.transaction(RECORDS, "readwrite", { durability: "strict" });
      transaction.objectStore(RECORDS).clear();
      await ended(transaction);
    },

    async read(range) {
      if (range.limit === 0 || indexedDB.cmp(range.from, range.before) >= 0) {
        return [];
      }
      const query = IDBKeyRange.bound(range.from, range.before, false, true);
      const records = database.transaction(RECORDS, "readonly").objectStore(RECORDS);
      const all = (records as WithRecords).getAllRecords;
      if (all === undefined) {
        return byCursor(records, query, range);
      }
      const found = await outcome(
        all.call(records, { query, count: range.limit, direction: range.backwards ? "prev" : "next" }),
      );
      return found.map((record) => ({ key: new Uint8Array(record.key), value: record.value }));
    },

    close() {
      database.close();
    },
  };
}
