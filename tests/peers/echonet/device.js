// A home of ECHONET Lite devices: meter, panels, battery, vehicle charger, with a day that a test scripts.
//
//   node device.js PORT ADDRESS [SCALE]
//
// The library answers at PORT of ADDRESS and sends its answers to PORT of whoever asked. Lines on standard input change
// values: `EOJ EPC HEX`, e.g. `028801 ea 07ea0b160d1e00000004d2`; `say EOJ EPC` tells the group by itself; `mute` and
// `speak` stop and start all answers. Each line is answered by `ok`, each property that is set from outside by
// `set EOJ EPC HEX`.
'use strict';

const readline = require('readline');
const EL = require('echonet-lite');

const [port, address] = [Number(process.argv[2]), process.argv[3]];
const hex = (text) => EL.toHexArray(text);
const METER = '028801', SOLAR = '027901', BATTERY = '027d01', CHARGER = '027e01';

// A full day of registers, two counts a half hour, the day so many back.
function day(back, first) {
  const counts = Array.from({ length: 48 }, (_, at) => first + 2 * at);
  return [0, back, ...counts.flatMap((count) => hex(count.toString(16).padStart(8, '0')))];
}

const properties = {
  [METER]: {
    '80': [0x30], 'd3': hex('00000001'), 'd7': [6], 'e1': [2], 'e5': [0],
    'e0': hex('000003e8'), 'e3': hex('000000c8'), 'e2': day(0, 900), 'e4': day(0, 100),
    'e7': hex('00000190'), 'e8': hex('00140014'),
    'ea': hex('07ea051400000000000384'), 'eb': hex('07ea051400000000000064'),
  },
  [SOLAR]: {
    '80': [0x30], 'a0': [100], 'd1': [0x44], 'e0': hex('05dc'), 'e1': hex('000f4240'), 'e8': hex('0fa0'),
  },
  [BATTERY]: {
    '80': [0x30], 'a0': hex('00002710'), 'a8': hex('00030d40'), 'a9': hex('000249f0'),
    'aa': hex('00000001'), 'ab': hex('00000001'), 'c8': hex('0000006400000bb8'), 'c9': hex('0000006400000bb8'),
    'cf': [0x46], 'd3': hex('00000000'), 'da': [0x46], 'e2': hex('00001388'), 'e4': [50],
    'eb': hex('00000000'), 'ec': hex('00000000'),
  },
  [CHARGER]: {
    '80': [0x30], 'c0': hex('00009c40'), 'c5': hex('00001770'), 'c6': hex('00001770'), 'c7': [0x43],
    'c8': hex('0000000000001770'), 'c9': hex('0000000000001770'), 'd3': hex('00000000'), 'd6': hex('00000000'),
    'd8': hex('00000000'), 'da': [0x44], 'dc': [0x01], 'dd': [0x01], 'eb': hex('00000000'), 'ec': hex('00000000'), 'e2': hex('00004e20'), 'e4': [50],
  },
};
const settable = {
  [METER]: ['e5'], [SOLAR]: ['a0'], [BATTERY]: ['aa', 'ab', 'da', 'eb', 'ec'], [CHARGER]: ['da', 'dc', 'dd', 'eb', 'ec'],
};

// The three property maps of each object: a list of up to 15, or else a map of bits.
function map(epcs) {
  const codes = epcs.map((epc) => parseInt(epc, 16)).sort((a, b) => a - b);
  if (codes.length < 16) return [codes.length, ...codes];
  const rows = Array(16).fill(0);
  for (const code of codes) rows[code & 0x0f] |= 1 << ((code >> 4) - 8);
  return [codes.length, ...rows];
}
for (const [eoj, own] of Object.entries(properties)) {
  own['9d'] = map(['80']);
  own['9e'] = map(settable[eoj]);
  own['9f'] = map([...Object.keys(own), '9f']);
}

let muted = false;

function answer(rinfo, els, error) {
  if (error || muted || !properties[els.DEOJ]) return;
  if (els.ESV === EL.GET) EL.replyGetDetail(rinfo, els, properties);
  if (els.ESV === EL.SETC) set(rinfo, els);
}

// The library's own answer to SetC knows air conditioners and the like only.
function set(rinfo, els) {
  const wanted = Object.entries(els.DETAILs);
  const good = wanted.every(([epc]) => settable[els.DEOJ].includes(epc));
  const said = wanted.flatMap(([epc, edt]) => (good ? [...hex(epc), 0] : [...hex(epc), edt.length / 2, ...hex(edt)]));
  if (good) {
    for (const [epc, edt] of wanted) {
      properties[els.DEOJ][epc] = hex(edt);
      console.log(`set ${els.DEOJ} ${epc} ${edt}`);
    }
  }
  const head = [0x10, 0x81, ...hex(els.TID), ...hex(els.DEOJ), ...hex(els.SEOJ), good ? 0x71 : 0x51, wanted.length];
  EL.sendArray(rinfo, [...head, ...said]);
}

function command(line) {
  const [first, epc, value] = line.trim().split(/\s+/);
  if (first === 'mute' || first === 'speak') muted = first === 'mute';
  else if (first === 'say') EL.sendOPC1(EL.EL_Multi, epc, '0ef001', EL.INF, value, properties[epc][value]);
  else properties[first][epc] = hex(value);
  console.log('ok');
}

async function main() {
  EL.EL_port = port;
  const options = { v4: address, ignoreMe: false, autoGetProperties: false };
  const socket = await EL.initialize([METER, SOLAR, BATTERY, CHARGER], answer, 4, options);
  socket.on('listening', () => {
    // The library joins the group on the default network only.
    try { socket.addMembership(EL.EL_Multi, address); } catch (already) { if (already.code !== 'EADDRINUSE') throw already; }
    console.log('ready');
  });
  readline.createInterface({ input: process.stdin }).on('line', command).on('close', () => process.exit(0));
}

main();
