//go:build unix

package testpg

import (
	"os/exec"
	"strconv"
	"syscall"
)

// runAsUser sets the user of a command.
func runAsUser(cmd *exec.Cmd) {
	u := serverUser()
	if u == nil {
		return
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}
