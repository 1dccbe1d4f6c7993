package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A value is filed as a head under its name. A small value stands in the head itself. The parts of
// a larger one have entries of their own, in one of two slots. The generations take turns between
// the slots; the head names its own. So a new value never touches the parts of the head in force,
// and counts from the writing of its head on.
//
// The parts present in a slot are always the first ones without a gap, since they are written
// upwards and removed downwards: whoever cleans up finds them without a list.
type head struct {
	Version    int    `json:"v"`
	Generation uint64 `json:"g"`
	Parts      int    `json:"n"`              // 0: the value is in Data
	Size       int    `json:"len"`            // of the value in bytes
	Sum        []byte `json:"sha256"`         // of the value
	Data       []byte `json:"data,omitempty"` // the value, when it is not in parts
}

const (
	headVersion = 1
	maxParts    = 4096 // more than MaxSize needs with minPartSize
)

var (
	errDamaged = errors.New("what is stored is not what was put there")
	// errRemoving: the head may go, or stay.
	errRemoving = errors.New("it is being removed")
)

func damaged(why string) error {
	return &Error{Kind: Damaged, Err: fmt.Errorf("%w: %s", errDamaged, why)}
}

func newHead(generation uint64, value []byte) head {
	sum := sha256.Sum256(value)
	return head{Version: headVersion, Generation: generation, Size: len(value), Sum: sum[:]}
}

func (h head) encode() string {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err) // a struct of numbers and bytes always has a JSON form
	}
	return string(b)
}

// decodeHead is strict, because anybody's entry of the same name may come its way.
func decodeHead(s string) (head, error) {
	var h head
	d := json.NewDecoder(strings.NewReader(s))
	d.DisallowUnknownFields()
	if err := d.Decode(&h); err != nil {
		return head{}, damaged("the head is not one") // the decoder's error may quote the value
	}
	switch {
	case d.InputOffset() != int64(len(s)):
		return head{}, damaged("something follows the head")
	case h.Version != headVersion:
		return head{}, damaged("head of version " + strconv.Itoa(h.Version))
	case h.Parts < 0 || h.Parts > maxParts || h.Size < 0 || h.Size > MaxSize || len(h.Sum) != sha256.Size:
		return head{}, damaged("the head's numbers are out of range")
	case h.Parts == 0:
		return h, h.check(h.Data)
	case len(h.Data) > 0:
		return head{}, damaged("the head has both a value and parts")
	}
	return h, nil
}

// check fails unless value is the one of h.
func (h head) check(value []byte) error {
	sum := sha256.Sum256(value)
	if len(value) != h.Size || !bytes.Equal(sum[:], h.Sum) {
		return damaged("the checksum differs")
	}
	return nil
}

func (h head) slot() int { return int(h.Generation % 2) }

// head reads the head of the operation's name, and its text as stored.
func (o *operation) head(ctx context.Context) (head, string, error) {
	s, err := o.read(ctx, headEntry(o.name))
	if err != nil {
		o.note(ctx, head{}, err)
		return head{}, "", err
	}
	h, err := decodeHead(s)
	o.note(ctx, h, err)
	return h, s, err
}

func (o *operation) get(ctx context.Context) ([]byte, error) {
	h, text, err := o.head(ctx)
	// Another process may replace the value while its parts are being read. Then the head has
	// changed as well, and the next attempt finds the new value.
	for range 4 {
		if err != nil {
			return nil, err
		}
		value, broken := o.value(ctx, h)
		if KindOf(broken) != Damaged {
			return value, broken
		}
		before := text
		if h, text, err = o.head(ctx); err == nil && text == before {
			return nil, broken
		}
	}
	return nil, &Error{Kind: Failing, Err: errors.New("the value was replaced again and again while being read")}
}

// value collects the value described by h.
func (o *operation) value(ctx context.Context, h head) ([]byte, error) {
	if h.Parts == 0 {
		return h.Data, nil
	}
	var b strings.Builder
	for i := range h.Parts {
		part, err := o.read(ctx, partEntry(o.name, h.slot(), i))
		if errors.Is(err, ErrNotFound) {
			return nil, damaged(fmt.Sprintf("part %d of %d is missing", i+1, h.Parts))
		}
		if err != nil {
			return nil, err
		}
		if b.Len()+len(part) > base64.StdEncoding.EncodedLen(MaxSize) {
			return nil, damaged("the parts are too large")
		}
		b.WriteString(part)
	}
	value, err := base64.StdEncoding.DecodeString(b.String())
	if err != nil {
		return nil, damaged("the parts are not base64")
	}
	return value, h.check(value)
}

// put files a value, and removes the parts of the one before.
func (o *operation) put(ctx context.Context, value []byte) error {
	h, old, err := o.file(ctx, value)
	if err != nil {
		return err
	}
	o.tidy(ctx, h, old)
	return nil
}

// try files a value soon to be replaced by another. Old parts are left to the other, if it can know
// of them.
func (o *operation) try(ctx context.Context, value []byte) error {
	h, old, err := o.file(ctx, value)
	if err == nil && h.Parts == 0 {
		o.tidy(ctx, h, old)
	}
	return err
}

// tidy sweeps the parts of the value before, and those of an interrupted Put. If neither value has
// parts, it does not look for those of an interrupted Put: that would cost every such Put two calls.
// The next Put with parts sweeps them, and a Delete.
func (o *operation) tidy(ctx context.Context, h, old head) {
	if h.Parts == 0 && old.Parts == 0 {
		return
	}
	// The new value counts already. Parts left over now are for the next sweep.
	ctx = context.WithoutCancel(ctx)
	_ = o.sweep(ctx, 1-h.slot(), 0, old.Parts)
	_ = o.sweep(ctx, h.slot(), h.Parts, 0)
}

// file files a value and returns its head, and the one in force before.
func (o *operation) file(ctx context.Context, value []byte) (h, old head, err error) {
	if len(value) > MaxSize {
		return h, old, &Error{Kind: Full, Err: fmt.Errorf("%d bytes are more than %d", len(value), MaxSize)}
	}
	old, known := o.known(ctx)
	if !known {
		old, _, err = o.head(ctx)
	}
	if err != nil && !errors.Is(err, ErrNotFound) && KindOf(err) != Damaged {
		return h, old, err
	}
	h = newHead(old.Generation+1, value)
	h.Data = value
	if text := h.encode(); len(text) > o.v.partSize {
		h.Data = nil
		if h.Parts, err = o.writeParts(ctx, h.slot(), base64.StdEncoding.EncodeToString(value)); err != nil {
			return h, old, err
		}
	}
	err = o.write(ctx, headEntry(o.name), h.encode())
	o.note(ctx, h, err)
	return h, old, err
}

// writeParts files text in a slot and returns the number of parts it took. When it fails, it leaves
// its parts to the next sweep.
func (o *operation) writeParts(ctx context.Context, slot int, text string) (int, error) {
	n := 0
	for ; text != ""; n++ {
		size := min(len(text), o.v.partSize)
		if err := o.write(ctx, partEntry(o.name, slot, n), text[:size]); err != nil {
			return 0, err
		}
		text = text[size:]
	}
	return n, nil
}

// delete removes the head first: from then on nothing is stored under the name.
func (o *operation) delete(ctx context.Context) error {
	old, _, err := o.head(ctx)
	if err != nil && !errors.Is(err, ErrNotFound) && KindOf(err) != Damaged {
		return err
	}
	o.note(ctx, head{}, errRemoving)
	if err := o.remove(ctx, headEntry(o.name)); err != nil {
		return err
	}
	if err := o.sweep(ctx, old.slot(), 0, old.Parts); err != nil {
		return err
	}
	return o.sweep(ctx, 1-old.slot(), 0, 0)
}

// sweep removes the parts of a slot from the given one on. Beyond the known number, it goes on
// until one is not there.
func (o *operation) sweep(ctx context.Context, slot, from, known int) error {
	n := max(from, known)
	for ; n < maxParts; n++ {
		_, err := o.read(ctx, partEntry(o.name, slot, n))
		if errors.Is(err, ErrNotFound) {
			break
		}
		if err != nil {
			return err
		}
	}
	for n--; n >= from; n-- {
		if err := o.remove(ctx, partEntry(o.name, slot, n)); err != nil {
			return err
		}
	}
	return nil
}
