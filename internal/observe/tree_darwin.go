package observe

import (
	"syscall"
	"time"
)

// nonblock keeps an open from waiting for a pipe's writer.
const nonblock = syscall.O_NONBLOCK

// fromSystem takes what io/fs has no word for.
func fromSystem(info *Info, system any) {
	if stat, ok := system.(*syscall.Stat_t); ok {
		info.UID, info.GID = int(stat.Uid), int(stat.Gid)
		info.ChangeTime = time.Unix(stat.Ctimespec.Unix())
	}
}
