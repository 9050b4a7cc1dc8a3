// A charge point on another author's OCPP stack, which holds both sides to the published schemas.
//
//   node charger.js VERSION ENDPOINT ID PASSWORD AUTHORITY BEGINS
//
// It starts, charges 1500 Wh in the half hour from BEGINS (ISO 8601), waits for a charging profile, and says on
// standard output what it was answered and told, one JSON document a line.
'use strict';

const fs = require('fs');
const { RPCClient } = require('ocpp-rpc');

const [version, endpoint, identity, password, authority, begins] = process.argv.slice(2);
const say = (what) => console.log(JSON.stringify(what));
const after = (minutes) => new Date(Date.parse(begins) + minutes * 60_000).toISOString();

const client = new RPCClient({
  endpoint, identity, password,
  protocols: [`ocpp${version}`],
  strictMode: true,
  reconnect: false,
  wsOpts: { ca: fs.readFileSync(authority) },
});

client.handle('ChangeConfiguration', () => ({ status: 'NotSupported' }));
client.handle('SetVariables', ({ params }) => ({
  setVariableResult: params.setVariableData.map(({ component, variable }) => (
    { attributeStatus: 'UnknownComponent', component, variable })),
}));
client.handle('ClearChargingProfile', () => ({ status: 'Unknown' }));
const profiled = new Promise((resolve) => {
  client.handle('SetChargingProfile', ({ params }) => {
    say({ profile: params.csChargingProfiles ?? params.chargingProfile });
    resolve();
    return { status: 'Accepted' };
  });
});

async function charge16() {
  say(await client.call('BootNotification', { chargePointVendor: 'Another', chargePointModel: 'Wall' }));
  await client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
  const { transactionId } = await client.call('StartTransaction',
    { connectorId: 1, idTag: 'card', meterStart: 0, timestamp: after(0) });
  await client.call('StopTransaction', { transactionId, meterStop: 1500, timestamp: after(30) });
}

async function charge201() {
  const register = (at, value) => [{ timestamp: at, sampledValue: [{ value }] }];
  say(await client.call('BootNotification',
    { reason: 'PowerUp', chargingStation: { vendorName: 'Another', model: 'Wall' } }));
  const transactionInfo = { transactionId: 'tx' };
  await client.call('TransactionEvent', { eventType: 'Started', timestamp: after(0), triggerReason: 'CablePluggedIn',
    seqNo: 0, transactionInfo, evse: { id: 1 }, meterValue: register(after(0), 0) });
  await client.call('TransactionEvent', { eventType: 'Ended', timestamp: after(30), triggerReason: 'EVDeparted',
    seqNo: 1, transactionInfo, meterValue: register(after(30), 1500) });
}

(async () => {
  await client.connect();
  await (version === '1.6' ? charge16() : charge201());
  await profiled;
  await client.close();
})().catch((failure) => { console.error(failure); process.exit(1); });
