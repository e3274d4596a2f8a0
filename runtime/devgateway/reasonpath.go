package devgateway

import "regexp"

// Members of a path that the log shows, and those with names below them that
// the API does not define.
var (
	plainMember = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,40}$`)
	ownMembers  = regexp.MustCompile(`^(?:metadata|properties|parameters|arguments|schema|logit_bias)$`)
)

// loggedPath returns the start of a JSON path that has only names of the API.
// Names that a program chooses can contain parts of a prompt.
func loggedPath(path string) string {
	for from := 0; from < len(path); {
		end := from + 1
		for end < len(path) && path[end] != '.' && path[end] != '[' {
			end++
		}
		name := path[from:end]
		switch name[0] {
		case '.':
			name = name[1:]
		case '[':
			name = "" // an index; a quoted name ends the path
			if path[from+1:end] == "" || path[from+1] == '"' {
				return path[:from]
			}
		}
		if name != "" && !plainMember.MatchString(name) {
			return path[:from]
		}
		if ownMembers.MatchString(name) {
			return path[:end]
		}
		from = end
	}
	return path
}
