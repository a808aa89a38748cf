// SPDX-License-Identifier: Apache-2.0
// The official Node.js client (rocketmq-client-nodejs) through Apache's proxy: client.mjs MODULES PROXY MESSAGES SUFFIX; topics.py comes before.
import { createRequire } from 'node:module';

const [modules, endpoints, messages, suffix] = process.argv.slice(2);
const { Producer, SimpleConsumer, PushConsumer, ConsumeResult } = createRequire(modules + '/')('rocketmq-client-nodejs');
const count = Number(messages);
const sleep = ms => new Promise(r => setTimeout(r, ms));
const topicOf = kind => 'grpc_' + kind + suffix;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

async function producer(kind, more = {}) {
	const p = new Producer({ endpoints, namespace: '', topic: topicOf(kind), logger: quiet, ...more });
	await p.startup();
	return p;
}

async function pushed(kind) {
	const box = { texts: [], times: [] };
	const c = new PushConsumer({
		endpoints, namespace: '', logger: quiet, consumerGroup: 'CG_grpc_' + kind + suffix, subscriptions: new Map([[topicOf(kind), 'x']]),
		messageListener: {
			async consume(m) {
				box.texts.push(m.body.toString());
				box.times.push(Date.now());
				return ConsumeResult.SUCCESS;
			},
		},
	});
	await c.startup();
	return [c, box];
}

async function wait(box, n) {
	for (const end = Date.now() + 60000; box.texts.length < n && Date.now() < end;) await sleep(50);
	await sleep(1000); // what should not come gets time to come
	return box.texts;
}

function same(got, want) {
	if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error('expected ' + JSON.stringify(want) + ', got ' + JSON.stringify(got));
}

const numbers = () => Array.from({ length: count }, (_, i) => String(i));
const sorted = texts => [...texts].sort((a, b) => a - b);
const send = (p, kind, text, more = {}, transaction = undefined) =>
	p.send({ topic: topicOf(kind), tag: 'x', body: Buffer.from(text), ...more }, transaction);

async function simple() {
	const p = await producer('NORMAL'), got = [];
	for (const n of numbers()) await send(p, 'NORMAL', n);
	const c = new SimpleConsumer({ endpoints, namespace: '', logger: quiet, consumerGroup: 'CG_grpc_NORMAL' + suffix, awaitDuration: 3000,
		subscriptions: new Map().set(topicOf('NORMAL'), 'x') });
	await c.startup();
	for (let idle = 0; idle < 8 && got.length < count;) {
		const batch = await c.receive(16, 60000);
		idle = batch.length ? 0 : idle + 1;
		for (const m of batch) {
			got.push(m.body.toString());
			await c.ack(m);
		}
	}
	same(sorted(got), numbers());
	await c.shutdown();
	await p.shutdown();
}

async function push() {
	const p = await producer('PUSH'), [c, box] = await pushed('PUSH');
	for (const n of numbers()) await send(p, 'PUSH', n);
	same(sorted(await wait(box, count)), numbers());
	await c.shutdown();
	await p.shutdown();
}

async function fifo() {
	const p = await producer('FIFO'), [c, box] = await pushed('FIFO');
	for (const n of numbers()) await send(p, 'FIFO', n, { messageGroup: 'one' });
	same(await wait(box, count), numbers());
	await c.shutdown();
	await p.shutdown();
}

async function delay() {
	const p = await producer('DELAY'), [c, box] = await pushed('DELAY'), due = Date.now() + 4000;
	await send(p, 'DELAY', 'later', { deliveryTimestamp: new Date(due) });
	same(await wait(box, 1), ['later']);
	if (box.times[0] < due) throw new Error((due - box.times[0]) + ' ms too early');
	await c.shutdown();
	await p.shutdown();
}

async function transaction() {
	const p = await producer('TRANSACTION', { checker: { async check() { return 2; /* ROLLBACK */ } } });
	const [c, box] = await pushed('TRANSACTION');
	for (const text of ['committed', 'rolled back']) {
		const t = p.beginTransaction();
		await send(p, 'TRANSACTION', text, {}, t);
		await (text === 'committed' ? t.commit() : t.rollback());
	}
	same(await wait(box, 1), ['committed']);
	await c.shutdown();
	await p.shutdown();
}

let failed = 0;
for (const [claim, run] of [['a simple consumer receives and acknowledges each message once', simple], ['a push consumer gets each message once', push],
	['messages of one group come in their order', fifo], ['a delayed message comes at its time', delay],
	['of two transactions the committed one comes', transaction]]) {
	try {
		await run();
		console.log('ok - Node.js gRPC: ' + claim);
	} catch (e) {
		failed = 1;
		console.log('not ok - Node.js gRPC: ' + claim + '\n# ' + String(e.stack).replaceAll('\n', '\n# '));
	}
}
process.exit(failed);
