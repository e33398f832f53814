// The article's app.js as it was printed, apart from these lines:
//   - our library stands in place of `zerorpc`;
//   - `program` is a property of commander's module, and options are properties of it only when that is asked for: both
//     have changed since;
//   - an error is printed and ends the program: as printed, `channels` would be undefined after one, and read.

// command-line interfaces made easy
var program = require('commander').program;
// the MQTT client for Node.js and the browser
var mqtt   = require('mqtt');
// a communication layer for distributed systems
var zerorpc = require('zerorpc-js/callbacks');
// import project properties
var pkg     = require('./package.json')

// define the cli
program
.storeOptionsAsProperties()
.version(pkg.version)
.description(pkg.description)
.option('-m, --mqtt [url]', 'mqtt broker address', 'mqtt://test.mosquitto.org')
.option('-r, --rpc [url]', 'rpc server address', 'tcp://127.0.0.1:4242')
.parse(process.argv);

// connect to mqtt broker
var conn = mqtt.connect(program.mqtt);
// connect to rpc peer, the actual python algorithm
var algo = new zerorpc.Client()
algo.connect(program.rpc);

conn.on('connect', function () {
// connections are ready, initialize the algorithm
var conf = { cash: 50000 };
algo.invoke('initialize', conf, function(err, channels, more) {
   if (err) fail(err);
   // the method returns an array of data channels the algorithm needs
   for (var i = 0; i < channels.length; i++) {
     console.log('subscribing to channel', channels[i]);
     conn.subscribe(channels[i]);
   }
});
});

conn.on('message', function (topic, message) {
console.log('received data:', message.toString());

// make the algorithm to process the incoming data
algo.invoke('event', JSON.parse(message.toString()), function(err, res, more) {
   if (err) fail(err);
   console.log('algo output:', res);
   // we're done
   algo.close();
   conn.end();
});

});

function fail(err) {
console.error(err.name + ': ' + err.message);
process.exit(1);
}
