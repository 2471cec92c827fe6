/** What the rows say of a rule: rows after a transform, rows that fail an expectation. */
import type { ReactNode } from "react";
import { usePanel, useStore } from "./context.ts";
import { Icon } from "./icon.tsx";
import type { Rule } from "./model.ts";

export function Counts({ rule }: { rule: Rule }): ReactNode {
  const store = useStore();
  const { text } = usePanel();
  const look = store.look;
  if (!look || !rule.enabled) return <span className="wb-counts" />;
  const stale = store.looking || !store.state?.valid;
  const className = `wb-counts ${stale ? "wb-counts--stale" : ""}`;
  const hint = store.state?.valid ? undefined : text("rules.count.lastGood");
  if (rule.list === "transforms") {
    const step = look.steps[rule.index + 1];
    const before = look.steps[rule.index];
    if (step?.name !== rule.name) return <span className="wb-counts" />; // rows of another state
    if (step.fault) {
      return (
        <span className={className} title={[step.fault.message, step.fault.remedy].filter(Boolean).join(" → ")}>
          <span className="wb-badge wb-badge--error"><Icon name="error" />{text("rules.count.fault")}</span>
        </span>
      );
    }
    if (step.rows == null) return <span className="wb-counts" />;
    const refused = step.reasons.reduce((sum, [, count]) => sum + count, 0);
    const more = before?.rows == null ? 0 : step.rows - before.rows;
    return (
      <span className={className} title={hint}>
        {refused > 0 && (
          <span className="wb-badge wb-badge--warning" title={step.reasons.map(([reason, count]) => `${count} × ${reason}`).join("\n")}>
            <Icon name="warning" />
            {text("rules.count.refused", { count: refused })}
          </span>
        )}
        <span className="wb-soft">
          {text("rules.count.rows", { count: step.rows })}
          {more !== 0 && ` (${more > 0 ? "+" : "−"}${Math.abs(more)})`}
        </span>
      </span>
    );
  }
  const check = look.checks.find(({ number, name }) => number === rule.number && name === rule.name);
  if (!check) return <span className="wb-counts" />;
  if (check.error) {
    return (
      <span className={className} title={check.error}>
        <span className="wb-badge wb-badge--warning"><Icon name="warning" />{text("rules.count.cannot")}</span>
      </span>
    );
  }
  if (check.success === null) return <span className={className}><span className="wb-soft">{text("rules.count.later")}</span></span>;
  const failing = check.failing ?? 0;
  return (
    <span className={className} title={hint ?? check.words}>
      {check.success ? (
        <span className="wb-badge wb-badge--success">
          <Icon name="check" />
          {failing ? text("rules.count.within", { count: failing, total: check.looked ?? look.rows }) : text("rules.count.holds")}
        </span>
      ) : (
        <span className="wb-badge wb-badge--error">
          <Icon name="error" />
          {check.failing ? text("rules.count.failing", { count: failing, total: check.looked ?? look.rows }) : text("rules.count.fails")}
        </span>
      )}
    </span>
  );
}
