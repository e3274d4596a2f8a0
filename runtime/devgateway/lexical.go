package devgateway

import (
	"context"
	"errors"
	"unicode"
	"unicode/utf8"
)

// lexicalSize is the number of dimensions of [Lexical], the same as that of the
// hosted gateway's model.
const lexicalSize = 384

// Lexical returns an embedder that compares words and pairs of neighboring
// words. It needs no model and no network, takes some microseconds, and returns
// the same vectors on every platform. It reads letters only, so it does not
// distinguish numbers.
//
// It shows the mistakes of a model that come from the shape of the prompts: long
// equal texts around different questions, and questions that differ in a number
// only. It rarely recognizes a question in other words.
func Lexical() Embedder { return lexical{} }

type lexical struct{}

var errNoLetters = errors.New("the text contains no letters to compare")

// Embed implements [Embedder].
func (lexical) Embed(_ context.Context, text string) ([]float32, error) {
	vector := make([]float32, lexicalSize)
	var w words
	w.vector = vector
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z':
			w.letter(rune(c))
		case 'A' <= c && c <= 'Z':
			w.letter(rune(c) + 'a' - 'A')
		case c < utf8.RuneSelf:
			w.end()
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			if unicode.IsLetter(r) {
				w.letter(unicode.ToLower(r))
			} else {
				w.end()
			}
			i += size - 1
		}
		i++
	}
	w.end()
	if w.last == 0 {
		return nil, errNoLetters
	}
	return vector, nil
}

// words counts words and pairs of neighbors in the dimensions of a vector.
// Counts are whole numbers, which are exact on every platform.
type words struct {
	vector     []float32
	hash, last uint64 // of the word in progress and of the one before it, or 0
}

// The parameters of the 64-bit FNV-1a hash.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func (w *words) letter(r rune) {
	if w.hash == 0 {
		w.hash = fnvOffset
	}
	w.hash = (w.hash ^ uint64(r)) * fnvPrime //nolint:gosec // a letter is not negative
}

func (w *words) end() {
	if w.hash == 0 {
		return
	}
	w.count(w.hash)
	if w.last != 0 {
		w.count((w.last*fnvPrime ^ w.hash) * fnvPrime)
	}
	w.last, w.hash = w.hash, 0
}

// count adds 1 to the hash's dimension, or subtracts 1, so that the features
// that share a dimension cancel each other out on average.
func (w *words) count(hash uint64) {
	hash ^= hash >> 32
	hash *= 0x9e3779b97f4a7c15 // spreads the few bits of a short word
	sign := float32(1)
	if hash&1 != 0 {
		sign = -1
	}
	w.vector[(hash>>32)*lexicalSize>>32] += sign
}
