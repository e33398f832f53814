// Calls a method of a ZeroRPC server and prints its value as JSON:
//
//   node example/call.js tcp://127.0.0.1:4242 event '{"sid": "GOOG", "quote": 345.0}'
import { Client, RemoteError } from '../index.js';

const [address, method, ...words] = process.argv.slice(2);
const client = new Client(address);
try {
  await client.connect({ timeout: 5000 });
  const value = await client.invoke(method, ...words.map((word) => JSON.parse(word)));
  console.log(JSON.stringify(value));
} catch (error) {
  console.error(error instanceof RemoteError ? error.traceback : String(error));
  process.exitCode = 1;
} finally {
  await client.close();
}
