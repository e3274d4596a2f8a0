package cachecore

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// flights are the client's requests that may be filling the cache.
type flights struct {
	mu   sync.Mutex
	seq  uint64
	open map[*flight]struct{}
}

// flight is one tagged request, from the moment before it is sent until nothing
// more can come of it, and the body of its answer.
type flight struct {
	io.ReadCloser // the answer's body, once it is there

	of     *flights
	set    *depSet
	seq    uint64
	window time.Duration // see WithFillWindow
	left   int64         // bytes of the body still to come; -1 if unknown
	tail   []byte        // the last bytes of the body so far; see sawEndMark
	ended  bool
	over   chan struct{} // made by the first who waits
}

func (fs *flights) begin(set *depSet) *flight {
	f := &flight{of: fs, set: set}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.seq++
	f.seq = fs.seq
	if fs.open == nil {
		fs.open = map[*flight]struct{}{}
	}
	fs.open[f] = struct{}{}
	return f
}

// last returns the number of the latest flight, and whether any flight is open.
func (fs *flights) last() (seq uint64, open bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.seq, len(fs.open) > 0
}

// waitFor returns a channel that is closed when one flight is over that carries
// the dep and began no later than seq, nil if there is none.
func (fs *flights) waitFor(id string, seq uint64) <-chan struct{} {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for f := range fs.open {
		if f.seq <= seq && f.set.has(id) {
			if f.over == nil {
				f.over = make(chan struct{})
			}
			return f.over
		}
	}
	return nil
}

// end says that after d nothing more can come of the flight. Only the first call counts.
func (f *flight) end(d time.Duration) {
	f.of.mu.Lock()
	defer f.of.mu.Unlock()
	if f.ended {
		return
	}
	f.ended = true
	if d == 0 {
		f.remove()
		return
	}
	time.AfterFunc(d, func() {
		f.of.mu.Lock()
		defer f.of.mu.Unlock()
		f.remove()
	})
}

func (f *flight) remove() {
	delete(f.of.open, f)
	if f.over != nil {
		close(f.over)
	}
}

// follow watches the answer: a hit and a bypass fill nothing, a stale hit is
// refreshed in the background, an error may be tried again by the SDK, with the
// prompt that it has, and anything else fills the cache by its end.
func (f *flight) follow(resp *http.Response, window time.Duration) {
	switch s := statusOf(resp.Header); {
	case s == HitL1, s == HitL2, s == Bypass:
		f.end(0)
	case s == HitL1Stale:
		f.end(window)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		if mayBeRetried(resp.StatusCode) {
			f.end(window)
		} else {
			f.end(0)
		}
	case resp.Body == nil, resp.Body == http.NoBody:
		f.end(0)
	default:
		f.window, f.left = window, cmp.Or(resp.ContentLength, -1)
		f.ReadCloser, resp.Body = resp.Body, f
	}
}

// mayBeRetried reports whether SDKs send a request again after such an answer,
// themselves or along a redirect.
func mayBeRetried(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return status >= 500 || status >= 300 && status < 400
}

// Read implements [io.Reader].
func (f *flight) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if f.left > 0 {
		f.left -= int64(n)
	}
	switch {
	case errors.Is(err, io.EOF), f.left == 0, f.sawEndMark(p[:n]):
		f.end(0)
	case err != nil:
		f.end(f.window)
	}
	return n, err
}

// endMark is the line that ends a stream of chat completions. Some SDKs stop
// reading there and close the body, when the gateway has long had the answer. No
// JSON holds it, for a string holds no line break.
const endMark = "\ndata: [DONE]"

// sawEndMark reports whether the body, of which p is the next piece, has come to
// the mark.
func (f *flight) sawEndMark(p []byte) bool {
	f.tail = append(f.tail, p...)
	if bytes.Contains(f.tail, []byte(endMark)) {
		return true
	}
	f.tail = append(f.tail[:0], f.tail[max(0, len(f.tail)-len(endMark)):]...)
	return false
}

// Close implements [io.Closer].
func (f *flight) Close() error {
	err := f.ReadCloser.Close()
	f.end(f.window)
	return err
}
