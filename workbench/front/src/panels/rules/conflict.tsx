/** Somebody else saved the spec meanwhile: both texts side by side, and what may be done. */
import { useEffect, useRef, useState, type ReactNode } from "react";
import { usePanel, useStore } from "./context.ts";
import { Button, Icon } from "./icon.tsx";
import { compare, merge, plain, withBreaks } from "./lines.ts";
import type { Conflict as Told } from "./model.ts";

export function Conflict({ conflict }: { conflict: Told }): ReactNode {
  const store = useStore();
  const { text } = usePanel();
  const [mine, theirs, base] = [plain(conflict.mine), plain(conflict.theirs ?? ""), plain(conflict.base)];
  const both = conflict.theirs === null ? null : merge(base, mine, theirs);
  const [byHand, setByHand] = useState<string | null>(null);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  const settle = async (how: "take_theirs" | "keep_mine", merged?: string): Promise<void> => {
    await store.settle(how, merged === undefined || merged === conflict.mine ? merged : withBreaks(conflict.mine, merged));
    if (how === "keep_mine") await store.save();
  };
  return (
    <section className="wb-conflict" role="alertdialog" aria-labelledby="wb-conflict-title" aria-describedby="wb-conflict-about">
      <h3 id="wb-conflict-title" tabIndex={-1} ref={head}>
        <Icon name="warning" /> {text("rules.conflict")}
      </h3>
      <p id="wb-conflict-about">{text(conflict.theirs === null ? "rules.conflict.gone" : "rules.conflict.about")}</p>
      {byHand === null ? (
        <>
          <SideBySide mine={mine} theirs={theirs} />
          <div className="wb-row">
            {both !== null && <Button kind="primary" label={text("rules.conflict.both")} title={text("rules.conflict.bothHint")} onClick={() => void settle("keep_mine", both)} />}
            <Button label={text("rules.conflict.theirs")} onClick={() => void settle("take_theirs")} />
            <Button label={text("rules.conflict.mine")} onClick={() => void settle("keep_mine", conflict.mine)} />
            <Button icon="edit" label={text("rules.conflict.hand")} onClick={() => setByHand(both ?? mine)} />
            <Button label={text("shared.cancel")} onClick={() => { store.conflict = null; store.changed(); }} />
          </div>
          {both === null && conflict.theirs !== null && <p className="wb-soft">{text("rules.conflict.overlap")}</p>}
        </>
      ) : (
        <>
          <textarea className="wb-textarea wb-conflict-hand" rows={18} aria-label={text("rules.conflict.hand")} value={byHand} spellCheck={false} onChange={(event) => setByHand(event.target.value)} />
          <div className="wb-row">
            <Button kind="primary" icon="save" label={text("rules.conflict.save")} onClick={() => void settle("keep_mine", byHand)} />
            <Button label={text("shared.back")} onClick={() => setByHand(null)} />
          </div>
        </>
      )}
    </section>
  );
}

const AROUND = 3;

function SideBySide({ mine, theirs }: { mine: string; theirs: string }): ReactNode {
  const { text } = usePanel();
  const pieces = compare(mine, theirs);
  let [left, right] = [0, 0];
  const rows: ReactNode[] = [];
  pieces.forEach((piece, at) => {
    const height = Math.max(piece.mine.length, piece.theirs.length);
    for (let line = 0; line < height; line++) {
      const [a, b] = [piece.mine[line], piece.theirs[line]];
      const far = piece.kind === "same" && line >= (at === 0 ? 0 : AROUND) && line < height - (at === pieces.length - 1 ? 0 : AROUND);
      if (far && height > 2 * AROUND + 2) {
        if (line === (at === 0 ? 0 : AROUND)) rows.push(<tr key={`${at}-gap`}><td colSpan={4} className="wb-soft wb-gap">⋯</td></tr>);
        continue;
      }
      rows.push(
        <tr key={`${at}-${line}`} className={piece.kind === "changed" ? "wb-differs" : ""}>
          <td className="wb-number wb-soft">{a === undefined ? "" : left + line + 1}</td>
          <td className={piece.kind === "changed" && a !== undefined ? "wb-mine" : ""}>{a !== undefined && piece.kind === "changed" && <span className="wb-sign" aria-hidden="true">◀ </span>}{a}</td>
          <td className="wb-number wb-soft">{b === undefined ? "" : right + line + 1}</td>
          <td className={piece.kind === "changed" && b !== undefined ? "wb-theirs" : ""}>{b !== undefined && piece.kind === "changed" && <span className="wb-sign" aria-hidden="true">▶ </span>}{b}</td>
        </tr>,
      );
    }
    left += piece.mine.length;
    right += piece.theirs.length;
  });
  return (
    <div className="wb-table-region" role="region" tabIndex={0} aria-label={text("rules.conflict.compare")}>
      <table className="wb-table wb-versions">
        <colgroup>
          <col className="wb-versions-number" />
          <col />
          <col className="wb-versions-number" />
          <col />
        </colgroup>
        <thead>
          <tr>
            <th scope="col" colSpan={2}>{text("rules.conflict.mineTitle")}</th>
            <th scope="col" colSpan={2}>{text("rules.conflict.theirsTitle")}</th>
          </tr>
        </thead>
        <tbody>{rows}</tbody>
      </table>
    </div>
  );
}
