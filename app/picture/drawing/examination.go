package drawing

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/portico-desktop/portico/app/picture"
)

// lookEvery is the time between two looks of the process at its use of the computer. It
// lives for a moment.
const lookEvery = 2 * time.Millisecond

// RunExamination examines one picture, if the program was started for that alone, and
// reports in ran that it did. Programs run by a [picture.Examiner] call it first of all,
// and end with the code.
func RunExamination() (code int, ran bool) {
	if len(os.Args) != 2 || os.Args[1] != picture.ExamineArgument {
		return 0, false
	}
	return examine(os.Stdin, os.Stdout), true
}

// examine is a process's examination of one picture.
func examine(in io.Reader, out io.Writer) (code int) {
	runtime.GOMAXPROCS(2) // one works, one looks
	debug.SetMaxStack(8 << 20)
	debug.SetMemoryLimit(picture.MaxMemory * 3 / 4)
	limitProcess()
	if _, err := io.WriteString(out, picture.Handshake); err != nil {
		return 1
	}
	go watch()
	raw, err := io.ReadAll(io.LimitReader(in, picture.MaxBytes+1))
	if err != nil {
		return 1
	}
	checked, err := Check(raw)
	if err == nil {
		err = tried(checked)
	}
	v := picture.Verdict{Picture: checked}
	var refused *picture.Refused
	if errors.As(err, &refused) {
		v = picture.Verdict{Refused: refused.Reason}
	} else if err != nil {
		return 1
	}
	if json.NewEncoder(out).Encode(v) != nil {
		return 1
	}
	return 0
}

// tried draws a drawing that has passed the check.
func tried(checked []byte) (err error) {
	if picture.IsPNG(checked) {
		return nil
	}
	defer func() {
		if cause := recover(); cause != nil {
			err = picture.Refuse("cannot be drawn: %v", cause)
		}
	}()
	d, err := Read(checked)
	if err != nil {
		return picture.Refuse("cannot be drawn: %v", err)
	}
	d.Draw(triedSide, triedSide, 0)
	return nil
}

// watch ends the process when it has taken too much.
func watch() {
	begin := processorTime()
	mapped := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for range time.Tick(lookEvery) {
		if processorTime()-begin > picture.MaxTime {
			os.Exit(picture.ExitTime)
		}
		metrics.Read(mapped)
		if mapped[0].Value.Uint64()-mapped[1].Value.Uint64() > picture.MaxMemory {
			os.Exit(picture.ExitMemory)
		}
	}
}
