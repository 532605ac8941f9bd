/** What is always true of an error code, whatever the occasion. */
export interface CatalogueEntry {
  title: string
  /** Exit code of the command that fails with it: 1 failed, 2 usage, 4 precondition, 5 timed out. */
  exitCode: 1 | 2 | 4 | 5
  /** What it means and where it comes from, for `radtune explain CODE` and the docs. */
  explanation: string
  /** Default ways out, most likely first. */
  fix: readonly string[]
}

/** Every error code of radtune. Codes are permanent: a retired one is never used again. */
export const errorCatalogue = {
  'RT-SET-001': {
    title: 'a setting has a value that it cannot take',
    exitCode: 2,
    explanation:
      'Every setting has a type, a unit and a range. A value outside of them is refused where it is given, before anything acts on it.',
    fix: ['radtune explain <setting>'],
  },
  'RT-PROF-001': {
    title: 'a profile cannot be read',
    exitCode: 2,
    explanation:
      'A profile is one YAML map with the keys machine, workload and settings (and name). It is read strictly: unknown keys, tabs, values that their unit cannot take and settings that do not exist are refused, all at once, each with its line and column.',
    fix: ['radtune profiles show 4c8g', 'radtune explain <setting>'],
  },
  'RT-PLAN-001': {
    title: 'a profile is too small for the pipeline',
    exitCode: 2,
    explanation:
      'Every service has a floor of memory and CPU below which it does not live. When the floors do not fit into the usable memory (the smaller of 85 % and all but 1 GiB) or into 1.25 times the CPUs, nothing is planned.',
    fix: ['radtune plan --profile 2c4g'],
  },
  'RT-PLAN-002': {
    title: 'the pins make the plan impossible',
    exitCode: 2,
    explanation:
      'Without the pins the machine carries the pipeline, with them it does not: limits that add up to more than there is, a heap that its limit cannot hold, slots that do not divide the partitions, transactions over clients that have none. A pin is never changed silently, so the plan is refused.',
    fix: ['radtune plan --show-origin', 'change or drop a pin'],
  },
  'RT-DATA-001': {
    title: 'the header is not that of a Safecast dump',
    exitCode: 2,
    explanation:
      'A dump begins with a header line that names its columns; Captured Time, Latitude, Longitude, Value and Unit are needed, in any order. Other columns are optional.',
    fix: ['head -1 FILE', 'export the data again with its header line'],
  },
  'RT-DATA-002': {
    title: 'a data file cannot be read',
    exitCode: 2,
    explanation: 'The file named by --data is missing, unreadable, empty, or a directory without CSV files.',
    fix: ['ls -l FILE'],
  },
  'RT-DATA-003': {
    title: 'a data file is not UTF-8 text',
    exitCode: 2,
    explanation:
      'Dumps are UTF-8 CSV, plain or gzip. UTF-16 text, archives and binary files are recognised by their first bytes and refused.',
    fix: ['iconv -f UTF-16 -t UTF-8 FILE > utf8.csv'],
  },
  'RT-DATA-004': {
    title: 'standard input can be read once only',
    exitCode: 2,
    explanation:
      'With --data - the readings come from standard input. It cannot be read from the start again, so it goes neither with --loop nor twice in one command.',
    fix: ['radtune up --data -', 'cat > readings.csv, then radtune up --data readings.csv --loop'],
  },
  'RT-DATA-005': {
    title: 'a compressed data file is damaged',
    exitCode: 1,
    explanation:
      'The gzip data end too early or do not decompress. What came before the damage was published; the rest of the file cannot be read.',
    fix: ['gzip -t FILE', 'fetch the file again'],
  },
  'RT-KAFKA-001': {
    title: 'a topic exists with another number of partitions',
    exitCode: 1,
    explanation:
      'Records of one place stay in one partition, and duplicates are recognised there. Another number of partitions would scatter them, so a topic is never grown, shrunk or recreated behind your back.',
    fix: [
      'radtune up --fresh    (drops the data)',
      'pin topics.radiation-data.partitions to what the topics have',
    ],
  },
  'RT-UP-001': {
    title: 'the machine has not enough memory for the stack',
    exitCode: 4,
    explanation:
      'The memory limits of all services must fit into what the machine can give: the smaller of 85 % of its memory and its memory less 1 GiB. Beyond that the kernel would kill services under load.',
    fix: ['radtune up --profile 2c4g', 'radtune up --force'],
  },
  'RT-UP-002': {
    title: 'another radtune operation runs on this project',
    exitCode: 4,
    explanation:
      'up and down change the stack of a project, so one of them runs at a time. The lock is held by a living process and is freed when that process ends, however it ends.',
    fix: ['wait for the other operation to end', 'radtune status'],
  },
  'RT-UP-003': {
    title: 'a service was killed for memory',
    exitCode: 1,
    explanation:
      'A service ended because it ran out of memory: the kernel killed it, or its heap reached its limit. It needs a larger limit or less load.',
    fix: ['radtune plan', 'radtune up --rate 500'],
  },
  'RT-UP-004': {
    title: 'a service did not come up',
    exitCode: 1,
    explanation: 'A service of the stack ended or stayed unhealthy while the stack was brought up.',
    fix: ['radtune logs SERVICE'],
  },
  'RT-UP-005': {
    title: 'not ready in time',
    exitCode: 5,
    explanation:
      'The stack was not ready, or no record had gone through it, within --timeout; with --once, nothing moved for that long. Fetching what is needed does not count.',
    fix: ['radtune up --timeout 5m', 'radtune logs'],
  },
  'RT-UP-006': {
    title: 'the project holds data of another profile',
    exitCode: 2,
    explanation:
      'Topics of one profile do not fit another: they have other partitions and limits. Earlier data are dropped only when you say so.',
    fix: ['radtune up --fresh --yes'],
  },
  'RT-UP-007': {
    title: 'the counts of records do not add up',
    exitCode: 1,
    explanation:
      'Every record ends in exactly one place, and the counters committed with the offsets say where. A partition whose counters do not match its offsets is a fault, or another program commits to the group radtune-worker.',
    fix: ['radtune status --json', 'radtune up --fresh --yes'],
  },
  'RT-UP-009': {
    title: 'dropping data was not confirmed',
    exitCode: 2,
    explanation:
      '--fresh drops all earlier records of the project. It asks first; without a terminal it needs --yes.',
    fix: ['radtune up --fresh --yes'],
  },
  'RT-UP-010': {
    title: 'no stack runs',
    exitCode: 4,
    explanation: 'The command needs a running stack.',
    fix: ['radtune up'],
  },
  'RT-UP-011': {
    title: 'the stack runs in the other runtime',
    exitCode: 4,
    explanation:
      'The local runtime and Docker share neither data nor ports. A stack is stopped in the one before it is launched in the other.',
    fix: ['radtune down', 'radtune status'],
  },
  'RT-UP-012': {
    title: 'the other runtime holds data of the project',
    exitCode: 2,
    explanation:
      'The local runtime and Docker do not share data: what one has recorded, the other does not see. Going on without them is only done when you say so.',
    fix: ['radtune up --runtime local', 'radtune up --yes'],
  },
  'RT-UP-013': {
    title: 'a demo needs a project without settings of its own',
    exitCode: 2,
    explanation:
      'radtune up --demo writes settings that make something go wrong into .radtune/overlay.yaml, so that radtune advise may put it right. What somebody has set there is not overwritten.',
    fix: ['radtune up --demo NAME in an empty folder', 'radtune get'],
  },
  'RT-CLI-020': {
    title: 'no such service',
    exitCode: 2,
    explanation: 'The stack of this project has no service of this name.',
    fix: ['radtune status'],
  },
  'RT-CLI-021': {
    title: 'flags that do not go together',
    exitCode: 2,
    explanation: 'Two flags of the command contradict each other, or one needs another.',
    fix: ['radtune up --help'],
  },
  'RT-DOCKER-001': {
    title: 'no container engine answers',
    exitCode: 4,
    explanation:
      'The docker runtime needs a container engine that answers: that of DOCKER_HOST, of /var/run/docker.sock, or of the current context of the docker command.',
    fix: ['start the engine, e.g. systemctl start docker', 'radtune up --runtime local'],
  },
  'RT-DOCKER-002': {
    title: 'no permission to talk to the container engine',
    exitCode: 4,
    explanation: "The engine's socket belongs to root and to the group docker.",
    fix: ['sudo usermod -aG docker "$USER" && newgrp docker', 'radtune up --runtime local'],
  },
  'RT-DOCKER-003': {
    title: 'no docker compose that can be used',
    exitCode: 4,
    explanation:
      'Stacks are launched by `docker compose`, version 2.20 or newer: the plugin of the docker command, not the old docker-compose program.',
    fix: ['apt-get install docker-compose-plugin', 'radtune up --runtime local'],
  },
  'RT-DOCKER-004': {
    title: 'an image is not there and cannot be had',
    exitCode: 4,
    explanation: 'An image is pulled when the engine does not have it, which needs its registry.',
    fix: ['docker pull IMAGE', 'radtune up --runtime local'],
  },
  'RT-DOCKER-005': {
    title: 'the pipeline image could not be built',
    exitCode: 1,
    explanation:
      'The image of the pipeline is built from the sources of radtune, by the Dockerfile in compose/image.',
    fix: ['docker build -f compose/image/Dockerfile .', 'radtune up --runtime local'],
  },
  'RT-DOCKER-006': {
    title: 'docker compose failed',
    exitCode: 1,
    explanation: 'The engine or compose refused what was asked of it; its own words are shown.',
    fix: ['docker compose -f .radtune/docker/compose.yaml config', 'radtune status'],
  },
  'RT-DOCKER-007': {
    title: 'the data are of another version of Kafka',
    exitCode: 4,
    explanation:
      'A volume keeps the data of the Kafka version that wrote them. An older Kafka cannot read what a newer one has written, so a volume is used only by the version that made it.',
    fix: ['radtune up --fresh --yes    (drops the data)'],
  },
  'RT-LOCAL-001': {
    title: 'Java is not installed',
    exitCode: 4,
    explanation:
      'The local runtime runs Kafka on Java 17 or newer. It takes the Java of JAVA_HOME, or else the one on the PATH.',
    fix: ['sudo apt-get install openjdk-17-jre-headless', 'brew install openjdk@17'],
  },
  'RT-LOCAL-002': {
    title: 'Java is too old',
    exitCode: 4,
    explanation: 'Kafka 4 needs Java 17 or newer.',
    fix: ['sudo apt-get install openjdk-17-jre-headless', 'export JAVA_HOME=/path/to/a/newer/java'],
  },
  'RT-LOCAL-003': {
    title: 'JAVA_HOME does not lead to a Java',
    exitCode: 4,
    explanation:
      'JAVA_HOME is set, so it is used and nothing else is looked for; there is no working bin/java in it.',
    fix: ['unset JAVA_HOME', 'export JAVA_HOME=/path/to/java'],
  },
  'RT-LOCAL-004': {
    title: 'Maven is not installed',
    exitCode: 4,
    explanation:
      'Kafka is fetched from Maven Central by Maven, once per version; afterwards neither Maven nor the network is needed.',
    fix: ['sudo apt-get install maven', 'brew install maven'],
  },
  'RT-LOCAL-005': {
    title: 'Kafka could not be fetched',
    exitCode: 4,
    explanation:
      'Maven ended with an error; the last lines of its output say which. Mirrors and proxies are taken from its own settings.xml.',
    fix: ['radtune up   (again, once the network is back)', 'mvn --version'],
  },
  'RT-LOCAL-006': {
    title: 'the cache folder cannot be written',
    exitCode: 4,
    explanation:
      'Kafka is kept in the cache folder of the user: RADTUNE_CACHE_DIR, else XDG_CACHE_HOME/radtune, else ~/.cache/radtune. It takes 50 MB, and as much again for the class archive.',
    fix: ['df -h ~/.cache', 'RADTUNE_CACHE_DIR=/somewhere/writable radtune up'],
  },
  'RT-LOCAL-007': {
    title: 'a port is in use',
    exitCode: 4,
    explanation:
      'Every service listens on a port of its own on 127.0.0.1. The owner is named where the system lets radtune see it.',
    fix: ['radtune up --port auto'],
  },
  'RT-LOCAL-008': {
    title: 'the project folder cannot be written',
    exitCode: 4,
    explanation: "Data, logs and the supervisor's state live in .radtune/ of the project folder.",
    fix: ['ls -ld .', 'radtune up --project /somewhere/writable'],
  },
  'RT-LOCAL-009': {
    title: 'the supervisor does not answer',
    exitCode: 1,
    explanation:
      'A small process of radtune outlives the command and looks after the services. It could not be started, or ended, or did not answer in time.',
    fix: ['cat .radtune/local/logs/supervisor.log', 'radtune down'],
  },
  'RT-LOCAL-010': {
    title: 'the supervisor is busy with another launch or stop',
    exitCode: 4,
    explanation: 'One launch or stop runs at a time on a project.',
    fix: ['radtune status', 'radtune down'],
  },
  'RT-LOCAL-011': {
    title: 'the local runtime does not run on this system',
    exitCode: 4,
    explanation: 'The local runtime needs Linux or macOS.',
    fix: ['use WSL'],
  },
  'RT-LOCAL-012': {
    title: 'earlier data cannot be dropped while the stack runs',
    exitCode: 4,
    explanation: 'The data folder is in use by the broker.',
    fix: ['radtune down'],
  },
  'RT-LOCAL-013': {
    title: 'the pipeline is not built',
    exitCode: 4,
    explanation: 'The services run from packages/pipeline/dist, which the build makes.',
    fix: ['npm run build'],
  },
  'RT-CLI-001': {
    title: 'there is no such command',
    exitCode: 2,
    explanation: 'The first words after radtune name a command. Commands near the given one are suggested.',
    fix: ['radtune --help'],
  },
  'RT-CLI-002': {
    title: 'there is no such flag',
    exitCode: 2,
    explanation: 'A flag that the command does not know. Flags near the given one are suggested.',
    fix: ['radtune <command> --help'],
  },
  'RT-CLI-003': {
    title: 'a flag or an argument cannot be used as given',
    exitCode: 2,
    explanation:
      'A value is missing, is not of the kind that the flag takes, an argument is too many, or two flags exclude each other. The same holds for the RADTUNE_* environment variable of a flag.',
    fix: ['radtune <command> --help'],
  },
  'RT-CLI-004': {
    title: 'an answer is needed and nobody can be asked',
    exitCode: 2,
    explanation:
      'The command wants a confirmation, but standard input is not a terminal, or --no-input or --json was given. Say the answer with the flag that the message names.',
    fix: ['repeat the command with the flag'],
  },
  'RT-CLI-005': {
    title: 'something happened that radtune did not expect',
    exitCode: 1,
    explanation:
      'A defect of radtune or of something it relies on. A report with the details, secrets removed, was written for whoever looks into it.',
    fix: ['look into the report', 'repeat the command'],
  },
  'RT-CLI-006': {
    title: 'radtune cannot start on this Node',
    exitCode: 4,
    explanation:
      "radtune needs Node 22.22 or newer and its own build. In the workspace it changes over to the project's own Node by itself; this error means that the Node is not installed or the build is missing.",
    fix: ['npm ci', 'npm run build'],
  },
  'RT-CLI-007': {
    title: 'interrupted',
    exitCode: 1,
    explanation: 'The command was ended by Ctrl-C (exit 130) or by SIGTERM (exit 143).',
    fix: [],
  },
  'RT-CLI-008': {
    title: 'nothing to explain under that name',
    exitCode: 2,
    explanation:
      'radtune explain takes a setting key or an error code. Names near the given one are suggested.',
    fix: ['radtune explain'],
  },
  'RT-CLI-009': {
    title: 'a file or folder of the project cannot be used',
    exitCode: 4,
    explanation:
      'The project folder (--project, by default the current folder) does not exist, is not a folder, or a file in it cannot be read or written by this user.',
    fix: ['ls -ld FOLDER', 'radtune <command> --project FOLDER'],
  },
  'RT-SET-002': {
    title: 'there is no such setting',
    exitCode: 2,
    explanation:
      'Settings are named by the keys of one table; radtune explain lists them. A value is given as KEY=VALUE with --set, or as KEY: VALUE under settings: in a file.',
    fix: ['radtune explain'],
  },
  'RT-SET-003': {
    title: 'a changed setting was not acknowledged by every service',
    exitCode: 5,
    explanation:
      'The value was written to the overlay and to the settings topic, and each service that reads it reports the revision it runs by. Not all of them did so in time. The value is not taken back: a service that is away applies it when it comes back.',
    fix: ['radtune get', 'radtune status', 'radtune set KEY=OLD-VALUE'],
  },
  'RT-SET-004': {
    title: 'a setting cannot be taken back once it is changed',
    exitCode: 2,
    explanation:
      'Partitions decide where a record is kept and where its duplicate is recognised. Existing topics cannot be given another number without dropping their records, so such a change has a flag of its own.',
    fix: ['radtune set --irreversible KEY=VALUE', 'radtune explain topics.radiation-data.partitions'],
  },
  'RT-SET-005': {
    title: 'the settings topic cannot be read or written',
    exitCode: 1,
    explanation:
      'Live settings travel over a topic of the running Kafka. It does not answer, or does not take the record.',
    fix: ['radtune status', 'radtune logs kafka'],
  },
  'RT-PROF-002': {
    title: 'there is no such profile',
    exitCode: 2,
    explanation:
      'A profile is a file path, a name in profiles/ of the project, a name that radtune ships, or any <cpus>c<GB>g.',
    fix: ['radtune profiles'],
  },
  'RT-PROF-003': {
    title: 'a profile or settings file cannot be read',
    exitCode: 4,
    explanation: 'The file is there, but this user may not read it, or it is a folder.',
    fix: ['ls -ld FILE'],
  },
  'RT-PROF-004': {
    title: 'a profile of that name exists already',
    exitCode: 2,
    explanation:
      'A file that somebody wrote is not replaced unless that is asked for. With --overwrite it is, and the old one is kept beside it with the time in its name.',
    fix: ['repeat the command with --overwrite', 'choose another name'],
  },
  'RT-COMP-001': {
    title: 'a compose file cannot be read',
    exitCode: 2,
    explanation:
      'A compose file is read as compose reads it. Broken YAML, a file that is not there, a variable that is required and not set, or services that extend themselves leave nothing to look at. Everything else is read as far as it goes, and what is not understood is listed.',
    fix: ['docker compose config --quiet', 'radtune import FILE'],
  },
  'RT-MON-001': {
    title: 'a recording cannot be read',
    exitCode: 2,
    explanation:
      'radtune monitor --record writes a header line and then one snapshot per line. The file is missing or is not one of these, or a line other than the last is damaged; a last line that was cut off is left out with a warning.',
    fix: ['head -c 300 FILE', 'sed -n LINEp FILE | head -c 300'],
  },
  'RT-MON-002': {
    title: 'a recording would overwrite a file',
    exitCode: 2,
    explanation: '--record begins a new file and never writes into one that is there.',
    fix: ['radtune monitor --record OTHER-FILE'],
  },
  'RT-MON-003': {
    title: 'the stack did not become healthy in time',
    exitCode: 5,
    explanation:
      'radtune monitor --until healthy waits until every service is healthy and every source answers, and gives up after --timeout. It tells what was missing last.',
    fix: ['radtune status', 'radtune logs SERVICE'],
  },
  'RT-ADV-001': {
    title: 'the journal of advice is damaged',
    exitCode: 1,
    explanation:
      '.radtune/journal.ndjson tells what advice has changed, one line for each thing done. A last line that was cut off is left out; any other damage is refused, as nobody could say what is to be taken back.',
    fix: ['move .radtune/journal.ndjson away and look at radtune get'],
  },
  'RT-ADV-002': {
    title: 'a change of advice is not in force',
    exitCode: 1,
    explanation:
      'After a change radtune reads back what the services, the kernel or the engine say. A value that is accepted and not in force everywhere in time is taken back at once.',
    fix: ['radtune status', 'radtune get', 'radtune journal'],
  },
  'RT-ADV-003': {
    title: 'there is nothing to measure',
    exitCode: 4,
    explanation: 'Advice comes from measurements of a running stack, or from a recording of one.',
    fix: ['radtune up', 'radtune advise --from run.ndjson'],
  },
  'RT-ADV-004': {
    title: 'there is no such step in the journal',
    exitCode: 2,
    explanation:
      'Steps are named by their number; radtune journal lists them. What was taken back already cannot be taken back again.',
    fix: ['radtune journal'],
  },
  'RT-BENCH-001': {
    title: 'there is no stack to load',
    exitCode: 4,
    explanation:
      'A bench or a calibration loads the running stack and measures it. Nothing runs, or not all services of it are healthy.',
    fix: ['radtune up', 'radtune status'],
  },
  'RT-BENCH-002': {
    title: 'the provider does not take the load',
    exitCode: 4,
    explanation:
      'A load is a rate of the provider. One that has read all its data, is paused, has failed, or replays captured time instead of a rate publishes something else.',
    fix: ['radtune up', 'radtune up --data FILE --loop', 'radtune set provider.playbackSpeed=0'],
  },
  'RT-BENCH-003': {
    title: 'the stack did not stay up under load',
    exitCode: 1,
    explanation:
      'A service failed for good, or the whole stack ended, while it was being measured. What was set for the measurement is put back first.',
    fix: ['radtune status', 'radtune logs', 'radtune up'],
  },
  'RT-BENCH-004': {
    title: 'a bench report cannot be compared with',
    exitCode: 2,
    explanation:
      'radtune bench writes a report into a file, and --against reads one. The file is missing or is something else, or its numbers mean something else: another profile, another machine, other steps.',
    fix: ['ls .radtune/bench', 'head -c 300 FILE'],
  },
  'RT-BENCH-005': {
    title: 'a bench report would overwrite a file',
    exitCode: 2,
    explanation: '--report begins a new file and never writes into one that is there.',
    fix: ['radtune bench --report OTHER-FILE'],
  },
  'RT-BENCH-006': {
    title: 'what was set for a measurement could not be put back',
    exitCode: 1,
    explanation:
      'A bench or a calibration sets the rate or the slots for a while. What they were is in .radtune/borrowed.json before anything is set, and stays there until it is in force again: the next bench, calibrate, advise or up puts it back.',
    fix: ['radtune status', 'radtune up', 'radtune get'],
  },
  'RT-TRACE-001': {
    title: 'there is no such record',
    exitCode: 2,
    explanation:
      'A record of radiation-data is named by PARTITION:OFFSET. The partition does not exist, or the offset is not in its log: retention has deleted it, or no record has been written there yet.',
    fix: ['radtune trace PARTITION:OFFSET', 'radtune status'],
  },
  'RT-TRACE-002': {
    title: 'a record cannot be read',
    exitCode: 4,
    explanation: 'Records are read from the running Kafka, which does not answer or does not hand them out.',
    fix: ['radtune status', 'radtune logs kafka'],
  },
  'RT-DRIFT-001': {
    title: 'a report of drift cannot be written',
    exitCode: 1,
    explanation:
      'A reporter was given a file as NAME:FILE, and this user may not write it, or something else is in its place. The comparison itself was made; its verdict is not lost when it is asked for on standard output.',
    fix: ['radtune drift', 'ls -ld FOLDER'],
  },
  'RT-DRIFT-002': {
    title: 'what was found cannot be accepted',
    exitCode: 1,
    explanation:
      'radtune drift --accept writes the found values into radtune.yaml as explicit settings. They were not written: no setting says what was found, several places say different values, or the file cannot be written.',
    fix: ['radtune drift', 'radtune generate', 'radtune up'],
  },
  'RT-GEN-001': {
    title: 'a file that was edited by hand was not overwritten',
    exitCode: 2,
    explanation:
      'Generated files carry a fingerprint of their text in their first line. One that does not match was changed by hand, or never was generated; it is replaced only when you say so, and a copy of it is kept beside it.',
    fix: ['radtune generate --check', 'radtune generate --overwrite', 'radtune generate --out elsewhere'],
  },
  'RT-GEN-002': {
    title: 'a generated file cannot be read or written',
    exitCode: 4,
    explanation: 'This user may not read or write the file or its folder, or something else is in its place.',
    fix: ['ls -ld FOLDER', 'radtune generate --out elsewhere'],
  },
  'RT-GEN-003': {
    title: 'the project has a radtune.yaml already',
    exitCode: 2,
    explanation:
      'radtune init writes a new file. One that is there is replaced only when you say so, and a copy of it is kept beside it.',
    fix: ['radtune init --overwrite', 'radtune plan --show-origin'],
  },
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof errorCatalogue
