package examples_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecoretest"
)

// TestConsolesShowWhatTheGatewayAnswers sends the request of each curl command
// of the pages, in order and to one gateway per page, and requires the answer
// on the page.
func TestConsolesShowWhatTheGatewayAnswers(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		report(t, otherAnswers(t, p))
	}
}

func otherAnswers(t *testing.T, p page) (problems []string) {
	t.Helper()
	consoles := p.in("console")
	if len(consoles) == 0 {
		return nil
	}
	gateway := cachecoretest.NewGateway(t)
	variables := strings.NewReplacer("$CACHECORE_URL", gateway.URL(), "$CACHECORE_TOKEN", gateway.Token())
	for _, b := range consoles {
		for _, step := range strings.Split("\n"+b.text, "\n$ ")[1:] {
			line, want := cutCommand(step)
			got, err := curl(t, variables.Replace(line))
			switch {
			case err != nil:
				problems = append(problems, b.problem("%s: %v", line, err))
			case got != strings.TrimSpace(want):
				problems = append(problems, b.problem("%s: the gateway answers\n%s\nand the page shows\n%s", line, got, want))
			}
		}
	}
	return problems
}

// cutCommand splits a step into its command, which continues after a backslash,
// and its output.
func cutCommand(step string) (line, output string) {
	more := true
	for more {
		var next string
		next, step, _ = strings.Cut(step, "\n")
		next, more = strings.CutSuffix(next, "\\")
		line += next
	}
	return line, step
}

// word matches one word of a command line, plain or in quotes.
var word = regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s'"]+`)

// curl sends the request of a curl command line, and returns the output that
// curl would print.
func curl(t *testing.T, line string) (string, error) {
	t.Helper()
	words := word.FindAllString(line, -1)
	for i, w := range words {
		words[i] = strings.Trim(w, `'"`)
	}
	if words[0] != "curl" {
		return "", fmt.Errorf("%s is not curl: make it a sh block", words[0])
	}
	var url, body string
	header, withHead := http.Header{}, false
	for i := 1; i < len(words); i++ {
		switch w := words[i]; w {
		case "-i":
			withHead = true
		case "-N": // this client does not buffer
		case "-H":
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			header.Set(name, value)
		case "-d":
			i++
			body = words[i]
		default:
			if strings.HasPrefix(w, "-") || url != "" {
				return "", fmt.Errorf("%s is not known here", w)
			}
			url = w
		}
	}
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header = header
	head, answer, err := exchange(req)
	if !withHead {
		head = ""
	}
	return strings.TrimSpace(head + answer), err
}

var date = regexp.MustCompile(`(?m)^Date: .*$`)

// exchange sends a request and returns the head of the answer as it arrives,
// with a fixed date, and its body.
func exchange(req *http.Request) (head, body string, err error) {
	conn, err := new(net.Dialer).DialContext(req.Context(), "tcp", req.URL.Host)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := req.Write(conn); err != nil {
		return "", "", err
	}
	var raw bytes.Buffer
	resp, err := http.ReadResponse(bufio.NewReader(io.TeeReader(conn, &raw)), req)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	text, err := io.ReadAll(resp.Body)
	head, _, _ = strings.Cut(strings.ReplaceAll(raw.String(), "\r\n", "\n"), "\n\n")
	return date.ReplaceAllString(head, "Date: Sun, 01 Mar 2026 10:00:00 GMT") + "\n\n", string(text), err
}
