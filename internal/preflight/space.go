package preflight

import (
	"path"
	"path/filepath"
	"strconv"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// space compares what the audit log may come to with what is free: a full disk stops more than the log. The
// log has maxbackup files of maxsize megabytes beside the one that is written; without a bound it
// grows for ever, and nothing can be compared.
func space(n *Node) (diag.List, error) {
	if n.Role != settings.ControlPlane {
		return nil, nil
	}
	flag := func(name string) string { return n.text(settings.APIServer, "", "--audit-log-"+name, "") }
	file := flag("path")
	size, err1 := strconv.ParseUint(flag("maxsize"), 10, 32)
	backups, err2 := strconv.ParseUint(flag("maxbackup"), 10, 32)
	if !path.IsAbs(file) || err1 != nil || err2 != nil || size == 0 || backups == 0 {
		return nil, nil
	}
	dir := path.Dir(file)
	for dir != "/" && !n.exists(dir) {
		dir = path.Dir(dir)
	}
	free, err := n.Probes.Free(filepath.Join(n.Root, dir))
	if err != nil {
		return nil, err
	}
	if need := (backups + 1) * size; free>>20 < need {
		return diag.List{warning("make room, or lower apiServer.audit.log.maxSize or maxBackup",
			"the audit log below %s may come to %d MiB, and %d MiB are free", path.Dir(file), need, free>>20)}, nil
	}
	return nil, nil
}
