package picture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// MaxTime and MaxMemory bound what a drawing may take of the computer: time of the
// processor, since a busy computer must not refuse what an idle one takes, and memory of
// the process that tries it.
const (
	MaxTime   = 200 * time.Millisecond
	MaxMemory = 64 << 20
)

// examineLimit bounds how long is waited for the process, on a computer however busy.
const examineLimit = 30 * time.Second

// examineArgument has a program do nothing but examine one picture; see [RunExamination].
const examineArgument = "examine-picture"

// examining is set in the environment of such a process. A program that goes on with
// something else instead must not start the next one.
const examining = "PORTICO_EXAMINATION"

// How a process ends that takes too much.
const (
	exitCrash  = 2 // Go's own
	exitTime   = 20
	exitMemory = 21
)

// Examiner checks pictures in processes of their own. The zero value runs the program
// that it is part of, which has to call [RunExamination] before anything else. It holds
// nothing, and is safe for concurrent use.
type Examiner struct {
	// Program is another program's file than this one's, "" for this one's.
	Program string
}

// verdict is what the process says.
type verdict struct {
	Picture []byte `json:"picture,omitempty"`
	Refused string `json:"refused,omitempty"`
}

// Check is the package's [Check] in a process that draws the picture as well, with no more
// than MaxTime and MaxMemory. Pixels need none: their header says what they take.
//
// Errors: *[Refused], and others where the picture could not be examined, which says
// nothing about it.
func (e Examiner) Check(ctx context.Context, raw []byte) (checked []byte, err error) {
	if IsPNG(raw) || len(raw) > MaxBytes {
		return Check(raw)
	}
	if os.Getenv(examining) != "" {
		return nil, errors.New("examine a picture: this program does not call RunExamination")
	}
	program := e.Program
	if program == "" {
		if program, err = ownProgram(); err != nil {
			return nil, fmt.Errorf("examine a picture: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, examineLimit)
	defer cancel()
	var out bytes.Buffer
	process := exec.CommandContext(ctx, program, examineArgument)
	process.Stdin, process.Stdout = bytes.NewReader(raw), &out
	// Nothing of this process's environment concerns a picture, and what goes wrong is
	// told by how the process ends.
	process.Env = []string{"GOTRACEBACK=none", examining + "=1"}
	process.WaitDelay = time.Second
	hideWindow(process)
	err = process.Run()
	var ended *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("examine a picture: %w", context.Cause(ctx))
	case errors.As(err, &ended) && ended.ExitCode() == exitTime:
		return nil, refuse("takes more than %v of the processor to draw", MaxTime)
	case errors.As(err, &ended) && ended.ExitCode() == exitMemory:
		return nil, refuse("takes more than %d MiB of memory to draw", MaxMemory>>20)
	case errors.As(err, &ended) && ended.ExitCode() == exitCrash:
		return nil, refuse("cannot be drawn: what tries it crashes")
	case err != nil:
		return nil, fmt.Errorf("examine a picture: %w", err)
	}
	var v verdict
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		return nil, fmt.Errorf("examine a picture: %w", err)
	}
	if v.Refused != "" {
		return nil, &Refused{Reason: v.Refused}
	}
	return v.Picture, nil
}

// RunExamination examines one picture and reports that it did, where the program was
// started for nothing else. Programs that have an [Examiner] call it first of all, and
// end with the code.
func RunExamination() (code int, ran bool) {
	if len(os.Args) != 2 || os.Args[1] != examineArgument {
		return 0, false
	}
	return examine(os.Stdin, os.Stdout), true
}
