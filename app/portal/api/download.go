package api

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Download is a file to fetch.
type Download struct {
	// File is the file as the portal names it. Its size bounds the transfer.
	File File
	// Into takes the bytes, in order and each once. It has the file only after Client.Download has returned
	// without an error.
	Into io.Writer
	// Progress is told how many bytes there are by now.
	Progress func(got int64)
}

// Download fetches a file. After a broken connection it goes on from there. It gives up after eight failures
// in a row without progress.
//
// Errors: [ErrDigest] if the content does not fit its digest or size; Into's; [NotFound] among the problems.
func (c *Client) Download(ctx context.Context, d Download) error {
	f := &fetching{Client: c, Download: d, sum: sha256.New()}
	p := pauses{jitter: c.Jitter}
	for {
		before := f.got
		err := f.part(ctx)
		switch {
		case err == nil:
			return f.check()
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case f.final || !passing(err):
			return err
		case f.got > before:
			p.tries = 0
		}
		if p.tries >= mostTries {
			return err
		}
		wait, _ := p.after(err)
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// fetching is a download under way.
type fetching struct {
	*Client
	Download
	got    int64
	sum    hash.Hash
	digest string
	tag    string
	final  bool // the error is of no connection
}

func (f *fetching) check() error {
	if f.got != f.File.Size || digestField(f.sum.Sum(nil)) != f.digest {
		return fmt.Errorf("%w: %d bytes of %d have arrived", ErrDigest, f.got, f.File.Size)
	}
	return nil
}

// fail is an error that another try does not mend.
func (f *fetching) fail(err error) error {
	f.final = true
	return err
}

func (f *fetching) part(ctx context.Context) error {
	ctx, still := watch(ctx)
	defer still.Stop()
	req, err := f.request(ctx, ask{method: http.MethodGet, path: []string{"attachments", f.File.ID}})
	if err != nil {
		return f.fail(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	if f.got > 0 && f.got < f.File.Size {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(f.got, 10)+"-")
		req.Header.Set("If-Range", f.tag)
	}
	res, err := f.send(req, false)
	if err != nil {
		return still.explain(err)
	}
	defer res.Body.Close()
	if err := f.begin(res); err != nil {
		return f.fail(err)
	}
	skip := f.got
	if res.StatusCode == http.StatusPartialContent {
		skip = 0
	}
	return still.explain(f.copy(res.Body, skip, still))
}

// begin holds the head of an answer to the parts before.
func (f *fetching) begin(res *http.Response) error {
	digest := ""
	for member := range strings.SplitSeq(res.Header.Get("Repr-Digest"), ",") {
		if member = strings.TrimSpace(member); strings.HasPrefix(member, "sha-256=") {
			digest = member
		}
	}
	switch {
	case digest == "":
		return fmt.Errorf("%w: it names no SHA-256", ErrNotPortal)
	case f.digest != "" && digest != f.digest:
		return fmt.Errorf("%w: it has changed on the way", ErrDigest)
	case res.StatusCode == http.StatusPartialContent && !strings.HasPrefix(res.Header.Get("Content-Range"), "bytes "+strconv.FormatInt(f.got, 10)+"-"):
		return fmt.Errorf("%w: it sends other bytes than those asked for", ErrNotPortal)
	}
	f.digest, f.tag = digest, res.Header.Get("ETag")
	return nil
}

// copy takes bytes in, but the first skip, which are there already.
func (f *fetching) copy(body io.Reader, skip int64, still *stillness) error {
	buffer := make([]byte, 32<<10)
	for {
		n, err := body.Read(buffer)
		piece := buffer[:n]
		if n > 0 {
			still.moved()
		}
		passed := min(skip, int64(n))
		piece, skip = piece[passed:], skip-passed
		if f.got+int64(len(piece)) > f.File.Size {
			return f.fail(fmt.Errorf("%w: there are more than %d bytes", ErrDigest, f.File.Size))
		}
		if len(piece) > 0 {
			if _, err := f.Into.Write(piece); err != nil {
				return f.fail(err)
			}
			f.sum.Write(piece)
			if f.got += int64(len(piece)); f.Progress != nil {
				f.Progress(f.got)
			}
		}
		switch {
		case err == io.EOF && f.got < f.File.Size:
			return io.ErrUnexpectedEOF
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}
