package picture

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// lookEvery is how often the process looks at what it has taken. It lives for a moment.
const lookEvery = 2 * time.Millisecond

// examine is a process that examines one picture.
func examine(in io.Reader, out io.Writer) (code int) {
	runtime.GOMAXPROCS(2) // one that works, one that looks
	debug.SetMaxStack(8 << 20)
	debug.SetMemoryLimit(MaxMemory * 3 / 4)
	limitProcess()
	go watch()
	raw, err := io.ReadAll(io.LimitReader(in, MaxBytes+1))
	if err != nil {
		return 1
	}
	checked, err := Check(raw)
	if err == nil {
		err = tried(checked)
	}
	v := verdict{Picture: checked}
	var refused *Refused
	if errors.As(err, &refused) {
		v = verdict{Refused: refused.Reason}
	} else if err != nil {
		return 1
	}
	if json.NewEncoder(out).Encode(v) != nil {
		return 1
	}
	return 0
}

// tried draws a drawing that has passed.
func tried(checked []byte) (err error) {
	if IsPNG(checked) {
		return nil
	}
	defer func() {
		if cause := recover(); cause != nil {
			err = refuse("cannot be drawn: %v", cause)
		}
	}()
	d, err := ReadDrawing(checked)
	if err != nil {
		return refuse("cannot be drawn: %v", err)
	}
	d.Draw(triedSide, triedSide, 0)
	return nil
}

// watch ends the process when it has taken too much.
func watch() {
	begin := processorTime()
	mapped := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for range time.Tick(lookEvery) {
		if processorTime()-begin > MaxTime {
			os.Exit(exitTime)
		}
		metrics.Read(mapped)
		if mapped[0].Value.Uint64()-mapped[1].Value.Uint64() > MaxMemory {
			os.Exit(exitMemory)
		}
	}
}
