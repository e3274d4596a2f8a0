//go:build !unix

package testpg

import "os/exec"

// runAsUser changes nothing: only unix has a root that PostgreSQL refuses.
func runAsUser(*exec.Cmd) {}
