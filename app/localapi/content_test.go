package localapi_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// steps hears how a content gets on, and what was the last of it.
func steps(t *testing.T) (tell func(int64), last func() int64) {
	var most atomic.Int64
	return func(done int64) {
		if before := most.Swap(done); done <= before {
			t.Errorf("told of %d bytes after %d", done, before)
		}
	}, most.Load
}

func TestFileGoesUp(t *testing.T) {
	for name, size := range map[string]int64{"of known size": fileSize, "of unknown size": -1, "empty": 0} {
		t.Run(name, func(t *testing.T) {
			var got hash.Hash
			x := serveFiles(t, files{up: func(_ context.Context, req localapi.FileRequest, content localapi.Content) (localapi.FileReport, error) {
				if req.Name != "scan für Ada.pdf" || content.Size != size {
					t.Errorf("the agent gets %q of %d bytes", req.Name, content.Size)
				}
				got = sha256.New()
				n, err := io.Copy(got, content.Body)
				return localapi.FileReport{Bytes: n}, err
			}})
			file := whole(max(size, 0))
			if size < 0 {
				file = whole(fileSize)
			}
			tell, last := steps(t)
			report, err := x.Up(t.Context(), localapi.FileRequest{Name: "scan für Ada.pdf"}, localapi.Content{Size: size, Body: file}.Told(tell))
			if err != nil || report.Bytes != file.size || last() != file.size {
				t.Errorf("%+v, %v, and told of %d bytes", report, err, last())
			}
			if string(got.Sum(nil)) != string(file.sum.Sum(nil)) {
				t.Error("something else has arrived")
			}
			if !file.closed.Load() {
				t.Error("the file stays open")
			}
		})
	}
}

func TestFileComesDown(t *testing.T) {
	for name, size := range map[string]int64{"of known size": fileSize, "of unknown size": -1, "empty": 0} {
		t.Run(name, func(t *testing.T) {
			file := whole(max(size, 0))
			if size < 0 {
				file = whole(fileSize)
			}
			x := serveFiles(t, files{down: func(_ context.Context, req localapi.FileRequest) (localapi.Content, error) {
				if req.Name != "a" {
					t.Errorf("the agent is asked for %q", req.Name)
				}
				return localapi.Content{Size: size, Body: file}, nil
			}})
			content, err := x.Down(t.Context(), localapi.FileRequest{Name: "a"})
			if err != nil || content.Size != size {
				t.Fatalf("%d bytes, %v", content.Size, err)
			}
			tell, last := steps(t)
			content = content.Told(tell)
			got := sha256.New()
			n, err := io.Copy(got, content.Body)
			if err != nil || n != file.size || last() != n {
				t.Errorf("%d bytes, %v, and told of %d", n, err, last())
			}
			if string(got.Sum(nil)) != string(file.sum.Sum(nil)) {
				t.Error("something else has arrived")
			}
			must(t, content.Body.Close())
			must(t, x.stop())
			if !file.closed.Load() {
				t.Error("the file stays open")
			}
		})
	}
}

// How an upload breaks off is told to both ends, and to none as an end.
func TestFileBreaksOffOnItsWayUp(t *testing.T) {
	unreadable := errors.New("the disk is gone")
	full := &localapi.Problem{Code: localapi.DiskFull, Params: map[string]string{"free": "1 MB"}}
	for name, tc := range map[string]struct {
		file  *made
		size  int64
		agent func(x *exchange, cancel func()) error // in the middle; an error is its answer
		want  func(error) bool
	}{
		"its file cannot be read": {
			file: half(unreadable), size: fileSize, want: func(err error) bool { return errors.Is(err, unreadable) },
		},
		"its file is shorter than it was": {
			file: half(io.EOF), size: fileSize, want: func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) },
		},
		"its file is longer than it was": {
			file: whole(fileSize), size: fileSize / 2, want: func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) },
		},
		"the person gives up": {
			file: stuck(fileSize / 2), size: fileSize, agent: func(_ *exchange, cancel func()) error { cancel(); return nil },
			want: func(err error) bool { return errors.Is(err, context.Canceled) },
		},
		"the agent refuses it": {
			file: whole(fileSize), size: fileSize, agent: func(*exchange, func()) error { return full },
			want: func(err error) bool { return isProblem(err, localapi.DiskFull) },
		},
		"the agent's process ends": {
			file: whole(fileSize), size: fileSize, agent: func(x *exchange, _ func()) error { x.cut(); return nil },
			want: func(err error) bool { return isProblem(err, localapi.AgentGone) },
		},
		"the agent ends": {
			file: stuck(fileSize / 2), size: fileSize,
			agent: func(x *exchange, _ func()) error { go func() { _ = x.stop() }(); return nil },
			want:  func(err error) bool { return isProblem(err, localapi.AgentGone) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var x exchange
			told := make(chan error, 1)
			x = serveFiles(t, files{up: func(_ context.Context, _ localapi.FileRequest, content localapi.Content) (localapi.FileReport, error) {
				n, err := io.CopyN(io.Discard, content.Body, fileSize/4)
				if err == nil && tc.agent != nil {
					if err = tc.agent(&x, cancel); err != nil {
						told <- err
						return localapi.FileReport{}, err
					}
				}
				more, err := io.Copy(io.Discard, content.Body)
				if err == nil {
					err = io.EOF
				}
				told <- err
				return localapi.FileReport{Bytes: n + more}, err
			}})
			_, err := x.Up(ctx, localapi.FileRequest{Name: "a"}, localapi.Content{Size: tc.size, Body: tc.file})
			if !tc.want(err) {
				t.Errorf("whoever sends gets %v", err)
			}
			if err := <-told; err == io.EOF {
				t.Error("the agent takes it for the whole file")
			}
		})
	}
}

// An answer does not wait for what has stopped coming.
func TestFileIsRefusedWhileItDoesNotCome(t *testing.T) {
	x := serveFiles(t, files{up: func(context.Context, localapi.FileRequest, localapi.Content) (localapi.FileReport, error) {
		return localapi.FileReport{}, &localapi.Problem{Code: localapi.DiskFull}
	}})
	if _, err := x.Up(t.Context(), localapi.FileRequest{}, localapi.Content{Size: fileSize, Body: stuck(100)}); !isProblem(err, localapi.DiskFull) {
		t.Errorf("got %v", err)
	}
}

// A download breaks off with its reason, and never with io.EOF.
func TestFileBreaksOffOnItsWayDown(t *testing.T) {
	busy := &localapi.Problem{Code: localapi.ProviderBusy, Params: map[string]string{"host": "müller.example"}, Details: &localapi.Details{Error: "503"}}
	long := &localapi.Problem{Code: localapi.DiskFull, Details: &localapi.Details{Error: strings.Repeat("long ", 4<<10)}}
	for name, tc := range map[string]struct {
		file *made
		size int64
		then func(x exchange, cancel func())
		want func(error) bool
	}{
		"where it comes from breaks off": {
			file: half(fmt.Errorf("read: %w", busy)), size: fileSize, want: func(err error) bool {
				var p *localapi.Problem
				return errors.As(err, &p) && p.Code == busy.Code && p.Params["host"] == "müller.example" && p.Details.Error == "503"
			},
		},
		"with a long story": {
			file: half(long), size: -1, want: func(err error) bool { return isProblem(err, localapi.DiskFull) },
		},
		"with an error without a name": {
			file: half(errors.New("broken")), size: fileSize, want: func(err error) bool { return isProblem(err, localapi.Unexpected) },
		},
		"it is shorter than was said": {
			file: half(io.EOF), size: fileSize, want: func(err error) bool { return isProblem(err, localapi.Unexpected) },
		},
		"it is longer than was said": {
			file: whole(fileSize), size: fileSize / 2, want: func(err error) bool { return isProblem(err, localapi.Unexpected) },
		},
		"the person gives up": {
			file: whole(fileSize), size: fileSize, then: func(_ exchange, cancel func()) { cancel() },
			want: func(err error) bool { return errors.Is(err, context.Canceled) },
		},
		"the agent's process ends": {
			file: whole(fileSize), size: fileSize, then: func(x exchange, _ func()) { x.cut() },
			want: func(err error) bool { return isProblem(err, localapi.AgentGone) },
		},
		"the agent's process ends, and nobody knows the size": {
			file: whole(fileSize), size: -1, then: func(x exchange, _ func()) { x.cut() },
			want: func(err error) bool { return isProblem(err, localapi.AgentGone) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := serveFiles(t, files{down: func(context.Context, localapi.FileRequest) (localapi.Content, error) {
				return localapi.Content{Size: tc.size, Body: tc.file}, nil
			}})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			content, err := x.Down(ctx, localapi.FileRequest{Name: "a"})
			must(t, err)
			_, err = io.CopyN(io.Discard, content.Body, fileSize/4)
			must(t, err)
			if tc.then != nil {
				tc.then(x, cancel)
			}
			_, err = io.Copy(io.Discard, content.Body)
			if !tc.want(err) {
				t.Errorf("it ends with %v", err)
			}
			if _, again := content.Body.Read(make([]byte, 1)); again != err {
				t.Errorf("then with %v", again)
			}
			must(t, content.Body.Close())
		})
	}
}

func TestUploadThatIsNotUnderstood(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	l, err := localapi.Listen(dir)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- localapi.ServeFiles(ctx, l, newAgent(), files{
			up: func(context.Context, localapi.FileRequest, localapi.Content) (localapi.FileReport, error) {
				t.Error("the agent is asked")
				return localapi.FileReport{}, nil
			},
		})
	}()
	for name, tc := range map[string]struct {
		kind, body string
		status     int
	}{
		"another kind":       {"application/json", "{}\n", 415},
		"no line":            {"application/vnd.portico.upload", "{}", 400},
		"no object":          {"application/vnd.portico.upload", "null\ncontent", 400},
		"an unknown member":  {"application/vnd.portico.upload", "{\"nam\":\"a\"}\ncontent", 400},
		"a line without end": {"application/vnd.portico.upload", strings.Repeat("x", 8<<20+1) + "\n", 400},
	} {
		t.Run(name, func(t *testing.T) {
			req := newRequest("POST", "/v1/files/up", tc.body)
			req.Header.Set("Content-Type", tc.kind)
			resp, body := talk(t, dir, req)
			checkDocument(t, resp, body, localapi.Usage)
			if resp.StatusCode != tc.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
			}
		})
	}
	cancel()
	must(t, <-ended)
}

func TestFileThatIsNotThere(t *testing.T) {
	x := serveFiles(t, files{down: func(context.Context, localapi.FileRequest) (localapi.Content, error) {
		return localapi.Content{}, &localapi.Problem{Code: localapi.SettingWrong}
	}})
	if _, err := x.Down(t.Context(), localapi.FileRequest{}); !isProblem(err, localapi.SettingWrong) {
		t.Errorf("got %v", err)
	}
}

// onTheWay is how many bytes may be between two programs: the buffers of socket and HTTP.
const onTheWay = 2 << 20

// Nothing is held in memory for a program that reads slowly.
func TestFileWaitsForASlowReader(t *testing.T) {
	const size = 32 << 20
	file := whole(size)
	slowly := func(body io.Reader) (total int64, most int64, err error) {
		p := make([]byte, 16<<10)
		for {
			n, err := body.Read(p)
			total += int64(n)
			most = max(most, file.read.Load()-total)
			if err == io.EOF {
				return total, most, nil
			} else if err != nil {
				return total, most, err
			}
		}
	}
	x := serveFiles(t, files{
		up: func(_ context.Context, _ localapi.FileRequest, content localapi.Content) (localapi.FileReport, error) {
			total, most, err := slowly(content.Body)
			if most > onTheWay {
				t.Errorf("up: %d bytes were on the way", most)
			}
			return localapi.FileReport{Bytes: total}, err
		},
		down: func(context.Context, localapi.FileRequest) (localapi.Content, error) {
			return localapi.Content{Size: size, Body: file}, nil
		},
	})
	report, err := x.Up(t.Context(), localapi.FileRequest{}, localapi.Content{Size: size, Body: file})
	if err != nil || report.Bytes != size {
		t.Errorf("up: %+v, %v", report, err)
	}
	file = whole(size)
	content, err := x.Down(t.Context(), localapi.FileRequest{})
	must(t, err)
	total, most, err := slowly(content.Body)
	if err != nil || total != size || most > onTheWay {
		t.Errorf("down: %d bytes, %v; %d were on the way", total, err, most)
	}
	must(t, content.Body.Close())
}

// Whoever has stopped in the middle of a file does not keep the agent from ending.
func TestAgentEndsInTheMiddleOfAFile(t *testing.T) {
	begun := make(chan struct{}, 1)
	x := serveFiles(t, files{
		up: func(_ context.Context, _ localapi.FileRequest, content localapi.Content) (localapi.FileReport, error) {
			_, err := io.Copy(io.Discard, io.TeeReader(content.Body, told(begun)))
			return localapi.FileReport{}, err
		},
		down: func(context.Context, localapi.FileRequest) (localapi.Content, error) {
			return localapi.Content{Size: 32 << 20, Body: whole(32 << 20)}, nil
		},
	})
	content, err := x.Down(t.Context(), localapi.FileRequest{})
	must(t, err)
	sent := make(chan error, 1)
	go func() {
		_, err := x.Up(t.Context(), localapi.FileRequest{}, localapi.Content{Size: fileSize, Body: stuck(fileSize / 2)})
		sent <- err
	}()
	<-begun
	must(t, x.stop())
	if err := <-sent; !isProblem(err, localapi.AgentGone) {
		t.Errorf("whoever sends gets %v", err)
	}
	if _, err := io.Copy(io.Discard, content.Body); !isProblem(err, localapi.AgentGone) {
		t.Errorf("whoever reads gets %v", err)
	}
	must(t, content.Body.Close())
}

// told is a writer that tells when something comes.
type told chan struct{}

func (w told) Write(p []byte) (int, error) {
	select {
	case w <- struct{}{}:
	default:
	}
	return len(p), nil
}

func TestPictureThatIsTooLargeIsNotHeld(t *testing.T) {
	a := &endless{agent: newAgent()}
	s := serve(t, a, localapi.Info{})
	if _, err := s.client.Logo(t.Context(), "abc"); !isProblem(err, localapi.Unexpected) {
		t.Errorf("got %v", err)
	}
}

// endless is an agent with a logo of more than anybody takes.
type endless struct{ *agent }

func (endless) Logo(context.Context, string) ([]byte, error) { return make([]byte, 17<<20), nil }
