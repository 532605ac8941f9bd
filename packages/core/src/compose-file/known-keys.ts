import { nearest } from '../settings/index.ts'
import type { ComposeMap, ComposeProblem } from './compose-node.ts'

const topLevel = 'name version services networks volumes configs secrets include models'.split(' ')

const ofService =
  `annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name
  cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on
  deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname driver_opts entrypoint env_file environment
  expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation label_file labels
  links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models network_mode networks
  oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_stop privileged profiles provider pull_policy
  pull_refresh_after read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal
  storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes volumes_from working_dir`
    .trim()
    .split(/\s+/)

/** Keys of the whole file that the compose specification does not have. */
export function unknownTopLevelKeys(root: ComposeMap): ComposeProblem[] {
  return unknownKeys(root, { known: topLevel, of: 'a compose file' })
}

/** Keys of a service that the compose specification does not have. */
export function unknownServiceKeys(service: ComposeMap): ComposeProblem[] {
  return unknownKeys(service, { known: ofService, of: 'a service' })
}

function unknownKeys(
  map: ComposeMap,
  { known, of }: { known: readonly string[]; of: string },
): ComposeProblem[] {
  return [...map.entries]
    .filter(([key]) => !key.startsWith('x-') && !known.includes(key))
    .map(([key, { at }]) => {
      const near = nearest(key, known)
      return {
        at,
        message: `"${key}" is no key of ${of}${near === undefined ? '' : `; did you mean ${near}?`}`,
      }
    })
}
