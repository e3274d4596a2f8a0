package main

import "runtime/debug"

const modulePath = "github.com/depgen/depgen"

// version returns the version of depgen's module that this program was built
// from. "go tool depgen" builds it as a dependency of the user's module.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path != modulePath {
			continue
		}
		if m.Replace != nil {
			m = m.Replace
		}
		if m.Version != "" {
			return m.Version
		}
	}
	return "(devel)"
}
