/** What the readings are and what they are not. */
export function Notice() {
  return (
    <footer>
      <p>Archive or generated data, replayed. Not validated, and no basis for decisions about health.</p>
      <details>
        <summary>What does this mean?</summary>
        <p>
          The readings come from an archive of measurements by volunteers, or from a generator that imitates
          it; they are not what is in the air now. Dose rates in µSv/h are estimates from counts per minute:
          with the factor of the device where it is known, else with that of one common tube (334 CPM per
          µSv/h). Levels are steps of counts per minute, not of danger.
        </p>
      </details>
    </footer>
  )
}
