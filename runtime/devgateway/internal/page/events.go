package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Times of a stream.
const (
	lookEvery  = 100 * time.Millisecond
	partsEvery = time.Second     // at most
	aliveEvery = 5 * time.Second // even without changes
)

// maxRowsPushed limits the rows of one event. A reader of more requests than
// that reads no rows anyway.
const maxRowsPushed = 30

func (p *Page) join() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.streams >= maxStreams {
		return false
	}
	p.streams++
	return true
}

func (p *Page) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.streams--
}

// Events streams changes as server-sent events until the client leaves or the
// page is closed. It returns false if there are too many streams. Each stream
// looks at the page by itself, so a slow one misses rows and delays no other.
func (p *Page) Events(w io.Writer, r *http.Request, flush func() error) bool {
	if !p.join() {
		return false
	}
	defer p.leave()
	s := &stream{page: p, w: w, flush: flush}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for err := s.begin(r); err == nil; err = s.push() {
		select {
		case <-look.C:
		case <-r.Context().Done():
			return true
		case <-p.closed:
			return true
		}
	}
	return true
}

// stream is the stream of one listener.
type stream struct {
	page    *Page
	w       io.Writer
	flush   func() error
	seen    int // the number of the last request sent
	amended int // the number of the last amendment sent
	shown   int // the number of changes in the last parts
	partsAt time.Time
}

// begin continues after the last row that the client has. If that was a row of
// an earlier gateway, the client starts over.
func (s *stream) begin(r *http.Request) error {
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.URL.Query().Get("after")
	}
	boot, number, _ := strings.Cut(last, "-")
	n, err := strconv.Atoi(number)
	switch {
	case err == nil && boot == s.page.boot:
		s.seen = max(n, 0)
	case last != "":
		return s.send("restart", struct{}{})
	}
	return s.push()
}

// push sends the changes since the last call.
func (s *stream) push() error {
	changes, err := s.pushRows()
	since := time.Since(s.partsAt)
	if err != nil || since < partsEvery || changes == s.shown && since < aliveEvery {
		return err
	}
	s.shown, s.partsAt = changes, time.Now()
	parts, err := renderParts(s.page.snapshot(0))
	if err != nil {
		return err
	}
	return s.send("parts", parts)
}

// rowsEvent contains the rows after the last event.
type rowsEvent struct {
	HTML    string `json:"html"`
	Skipped int    `json:"skipped"` // rows before them that are not sent
}

// pushRows sends the new rows, and returns the number of changes so far.
func (s *stream) pushRows() (changes int, err error) {
	p := s.page
	p.mu.Lock()
	count := p.requests.count
	changes = count + p.invalidations.count + p.amended.count + p.refreshes.count
	s.seen = min(s.seen, count)
	rows := p.numbered(s.seen, maxRowsPushed)
	amended := p.amendedRows(s.amended, s.seen)
	s.amended = p.amended.count
	p.mu.Unlock()
	if len(amended) > 0 {
		html, err := render("rows", amended)
		if err == nil {
			err = s.send("amended", rowsEvent{HTML: html})
		}
		if err != nil {
			return 0, err
		}
	}
	skipped := count - s.seen - len(rows)
	s.seen = count
	if len(rows) == 0 {
		return changes, nil
	}
	html, err := render("rows", rows)
	if err != nil {
		return 0, err
	}
	return changes, s.send("rows", rowsEvent{html, skipped})
}

// amendedRows returns the rows of the requests up to the given number that were
// amended after an amendment. The caller holds the lock.
func (p *Page) amendedRows(after, upTo int) (rows []numberedRequest) {
	for _, number := range p.amended.last(after, maxAmended) {
		if row := p.requests.at(number); row != nil && number <= upTo {
			rows = append(rows, numberedRequest{number, row.at, *row})
		}
	}
	return rows
}

// Full reports whether there is no room for another stream.
func (p *Page) Full() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.streams >= maxStreams
}

func (s *stream) send(event string, data any) error {
	var buf bytes.Buffer
	fmt.Fprintf(&buf, "event: %s\nid: %s-%d\ndata: ", event, s.page.boot, s.seen)
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(data); err != nil { // it ends in the only line break
		return err
	}
	buf.WriteByte('\n')
	if _, err := s.w.Write(buf.Bytes()); err != nil {
		return err
	}
	return s.flush()
}
