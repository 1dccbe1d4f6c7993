package picture

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// MaxTime and MaxMemory bound the cost of a drawing: time of the processor, since a busy
// computer must not refuse a picture that an idle one takes, and memory of the process
// that tries it.
const (
	MaxTime   = 200 * time.Millisecond
	MaxMemory = 64 << 20
)

// examineLimit bounds how long is waited for the process, on a computer however busy.
const examineLimit = 30 * time.Second

// ExamineArgument has a program do nothing but examine one picture; see
// drawing.RunExamination.
const ExamineArgument = "examine-picture"

// examining is set in the environment of such a process. A program that goes on with
// something else instead must not start the next one.
const examining = "PORTICO_EXAMINATION"

// Handshake is the first line from such a process. Only after that line does the end of
// the process say something about the picture: a program without ExamineArgument, such
// as an older one, ends as it likes.
const Handshake = "examining a picture\n"

// Exit codes of a process that takes too much.
const (
	exitCrash  = 2 // Go's own
	ExitTime   = 20
	ExitMemory = 21
)

// errNoExamination is why nothing is known of a picture although the process ended well.
var errNoExamination = errors.New("it ended without a word about that")

// Examiner checks pictures in processes of their own. The zero value runs the program
// it is part of. It holds nothing, and is safe for concurrent use.
type Examiner struct {
	// Program finds another program's file than this one's, nil for this one's. The
	// program has to call drawing.RunExamination before anything else.
	Program func() (string, error)
}

// Verdict is the process's answer, as JSON.
type Verdict struct {
	Picture []byte `json:"picture,omitempty"`
	Refused string `json:"refused,omitempty"`
}

// Check is drawing.Check in a process of its own. The process draws the picture as
// well, with no more than MaxTime and MaxMemory. Pixels need no process: their header
// names their cost.
//
// Errors: *[Refused], and others if the picture could not be examined; those say
// nothing about the picture.
func (e Examiner) Check(ctx context.Context, raw []byte) (checked []byte, err error) {
	switch {
	case IsPNG(raw):
		return OnlyPixels(ctx, raw)
	case len(raw) > MaxBytes:
		return nil, TooLarge()
	}
	if os.Getenv(examining) != "" {
		return nil, errors.New("examine a picture: this program does not call RunExamination")
	}
	find := e.Program
	if find == nil {
		find = ownProgram
	}
	program, err := find()
	if err != nil {
		return nil, fmt.Errorf("examine a picture: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, examineLimit)
	defer cancel()
	var out bytes.Buffer
	process := exec.CommandContext(ctx, program, ExamineArgument)
	process.Stdin, process.Stdout = bytes.NewReader(raw), &out
	// Nothing of this process's environment concerns a picture, and any failure is told
	// by the end of the process.
	process.Env = []string{"GOTRACEBACK=none", examining + "=1"}
	process.WaitDelay = time.Second
	hideWindow(process)
	err = process.Run()
	said, begun := bytes.CutPrefix(out.Bytes(), []byte(Handshake))
	var ended *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("examine a picture: %w", context.Cause(ctx))
	case !begun:
		return nil, fmt.Errorf("examine a picture: %s does not examine pictures (%w)", program, cmp.Or(err, errNoExamination))
	case errors.As(err, &ended) && ended.ExitCode() == ExitTime:
		slow := Refuse("takes more than %v of the processor to draw", MaxTime)
		slow.Passing = true
		return nil, slow
	case errors.As(err, &ended) && ended.ExitCode() == ExitMemory:
		return nil, Refuse("takes more than %d MiB of memory to draw", MaxMemory>>20)
	case errors.As(err, &ended) && ended.ExitCode() == exitCrash:
		return nil, Refuse("cannot be drawn: what tries it crashes")
	case err != nil:
		return nil, fmt.Errorf("examine a picture: %w", err)
	}
	var v Verdict
	if err := json.Unmarshal(said, &v); err != nil {
		return nil, fmt.Errorf("examine a picture: %w", err)
	}
	if v.Refused != "" {
		return nil, &Refused{Reason: v.Refused}
	}
	return v.Picture, nil
}
