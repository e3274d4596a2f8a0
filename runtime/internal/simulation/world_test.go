package simulation

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// world contains the documents with their true versions, and a log of the
// events.
type world struct {
	begun time.Time

	mu     sync.Mutex
	docs   []document
	writes []*write
	tally  tally
}

// document counts its versions from 1.
type document struct {
	version int64
	stale   bool // for ever
	events  []event
}

// event is one line of a document's log.
type event struct {
	at      time.Duration
	what    string
	version int64
}

// write is one committed change.
type write struct {
	doc     int
	version int64
	client  *cachecore.Client // that was asked to invalidate it; nil before
	arrived atomic.Bool       // whether the gateway has carried out an invalidation for it
}

// question is a reader's question. Each time it is sent, it is answered from
// the same version, like a prompt that contains the text of the document.
type question struct {
	doc     int
	version atomic.Int64 // 0 until it is sent for the first time
}

func newWorld(documents int) *world {
	w := &world{begun: time.Now(), docs: make([]document, documents)}
	for i := range w.docs {
		w.docs[i].version = 1
	}
	return w
}

func (w *world) commit(doc int) *write {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.docs[doc].version++
	c := &write{doc: doc, version: w.docs[doc].version}
	w.writes = append(w.writes, c)
	w.note(doc, "committed", c.version)
	return c
}

// asks records that the client is asked to invalidate the write.
func (w *world) asks(client *cachecore.Client, c *write) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.client = client
}

// coveredBy returns the writes that a request for the write counts for: the
// write itself, and those that its client has been asked to invalidate, because
// equal invalidations share requests.
func (w *world) coveredBy(c *write) []*write {
	w.mu.Lock()
	defer w.mu.Unlock()
	covered := []*write{c}
	for _, other := range w.writes {
		if other != c && other.doc == c.doc && other.client != nil && other.client == c.client && !other.arrived.Load() {
			covered = append(covered, other)
		}
	}
	return covered
}

// read sets the question's version to that of its document, the first time
// only.
func (w *world) read(q *question) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if q.version.CompareAndSwap(0, w.docs[q.doc].version) {
		w.note(q.doc, "asked", w.docs[q.doc].version)
	}
}

// countLost counts the writes whose invalidation never reached the gateway.
func (w *world) countLost() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tally.runs, w.tally.writes = 1, len(w.writes)
	for _, c := range w.writes {
		if !c.arrived.Load() {
			w.tally.lost++
			w.note(c.doc, "never invalidated", c.version)
		}
	}
}

// answered counts an answer to the question.
func (w *world) answered(q *question, a answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tally.answers++
	if a.hit {
		w.tally.hits++
	}
	if a.version < q.version.Load() {
		w.tally.stale++
		w.note(q.doc, "stale answer served", a.version)
	}
}

// found counts an answer that is in the cache at the end, even if readers
// cannot get it.
func (w *world) found(doc int, a answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a.version < w.docs[doc].version {
		w.tally.old++
		w.note(doc, "old in the cache", a.version)
	}
}

// left counts an answer that a reader gets from the cache at the end.
func (w *world) left(doc int, a answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tally.left++
	if a.version < w.docs[doc].version {
		w.tally.staleForever++
		w.docs[doc].stale = true
		w.note(doc, "stale for ever", a.version)
	}
}

func (w *world) log(doc int, what string, version int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note(doc, what, version)
}

// maxEvents limits a document's log. Its last events suffice to explain the
// final state.
const maxEvents = 60

func (w *world) note(doc int, what string, version int64) {
	d := &w.docs[doc]
	if len(d.events) == 2*maxEvents {
		d.events = append(d.events[:0], d.events[maxEvents:]...)
	}
	d.events = append(d.events, event{time.Since(w.begun), what, version})
}

// story returns the log of a document, one event per line.
func (w *world) story(doc int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := fmt.Sprintf("document %d, at version %d:\n", doc, w.docs[doc].version)
	for _, e := range w.docs[doc].events {
		text += fmt.Sprintf("%14.6fs  %-28s v%d\n", e.at.Seconds(), e.what, e.version)
	}
	return text
}
