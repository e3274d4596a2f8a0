package devgateway

import (
	"bytes"
	"encoding/json"
	"mime"
)

// sseRecorder records a stream of server-sent events while it is passed on.
type sseRecorder struct {
	limit    int64 // bytes
	buf      []byte
	line     int    // start of the current line in buf
	complete bool   // the stream has reached its regular end
	broken   string // the reason why the stream cannot be kept
}

// write records the next bytes of the stream. It ignores bytes after the end
// mark.
func (s *sseRecorder) write(p []byte) {
	if s.complete || s.broken != "" {
		return
	}
	if int64(len(s.buf)+len(p)) > s.limit {
		s.broken, s.buf = tooLong, nil
		return
	}
	s.buf = append(s.buf, p...)
	for !s.complete && s.broken == "" {
		n := bytes.IndexByte(s.buf[s.line:], '\n')
		if n < 0 {
			return
		}
		s.endLine(s.line + n)
	}
}

// close records that the upstream has ended the stream without an error.
func (s *sseRecorder) close() {
	if !s.complete && s.broken == "" && s.line < len(s.buf) {
		s.buf = append(s.buf, '\n')
		s.endLine(len(s.buf) - 1)
	}
}

// endLine handles the line that ends with the newline at index end.
func (s *sseRecorder) endLine(end int) {
	line := bytes.TrimSuffix(s.buf[s.line:end], []byte("\r"))
	s.line = end + 1
	field, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(field) {
	case "data":
		s.complete = string(value) == "[DONE]"
		if hasError(value) {
			s.broken = errorInside
		}
	case "event":
		if string(value) == "error" {
			s.broken = errorInside
		}
	}
}

// why returns the reason why a stream that has ended cannot be kept.
func (s *sseRecorder) why() string {
	if s.broken == "" && !s.complete {
		return "the stream ended without [DONE]"
	}
	return s.broken
}

// recorded returns the whole stream, ended by a blank line. It returns false if
// the stream did not reach a regular end.
func (s *sseRecorder) recorded() ([]byte, bool) {
	if !s.complete {
		return nil, false
	}
	return append(s.buf[:s.line:s.line], '\n'), true
}

// skipped is a JSON value that is checked for presence only.
type skipped struct{}

// UnmarshalJSON implements [json.Unmarshaler].
func (skipped) UnmarshalJSON([]byte) error { return nil }

// hasError reports whether text is a JSON object that contains an error. Some
// servers send one with the status 200.
func hasError(text []byte) bool {
	var answer struct {
		Error json.RawMessage `json:"error"`
	}
	return json.Unmarshal(text, &answer) == nil && len(answer.Error) > 0 && string(answer.Error) != "null"
}

func isMediaType(contentType, want string) bool {
	if contentType == want {
		return true
	}
	got, _, err := mime.ParseMediaType(contentType)
	return err == nil && got == want
}
